package dev.crossdev.grpc.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InboundFlowTest {

    private final RecordingSink sink = new RecordingSink(0);
    private final StreamWriter<String> writer = new StreamWriter<>(sink, 4, 100);
    private final AtomicInteger requested = new AtomicInteger();
    private final InboundFlow flow = new InboundFlow(requested::addAndGet, writer, 8, 10);

    @Test
    void beginsWithThePrefetch() {
        flow.start();

        assertThat(requested).hasValue(8);
    }

    @Test
    void givesCreditBackInBatches() {
        flow.start();

        flow.handled();
        assertThat(requested).hasValue(8);
        flow.handled();
        assertThat(requested).hasValue(10);
    }

    @Test
    void neverHasMoreCreditOutThanThePrefetch() {
        flow.start();
        for (int handled = 1; handled <= 1000; handled++) {
            flow.handled();
            assertThat(requested.get() - handled).isBetween(1, 8);
        }
    }

    @Test
    void stopsWhileThePeerDoesNotReadItsAnswers() {
        flow.start();
        for (int i = 0; i < 5; i++) {
            writer.offer("answer");
        }
        for (int i = 0; i < 8; i++) {
            flow.handled();
        }
        assertThat(requested).hasValue(8);

        sink.room.set(5);
        writer.flush();

        assertThat(requested).hasValue(16);
    }

    @Test
    void stopsWhileTheDeviceHasItsHandsFull() {
        flow.start();
        for (int i = 0; i < 10; i++) {
            flow.began();
        }
        for (int i = 0; i < 8; i++) {
            flow.handled();
        }
        assertThat(requested).hasValue(8);
        assertThat(flow.inFlight()).isEqualTo(10);

        flow.ended();

        assertThat(requested).hasValue(16);
    }

    @Test
    void aResetGivesBackWhatTheDeviceDropped() {
        flow.start();
        for (int i = 0; i < 10; i++) {
            flow.began();
        }
        for (int i = 0; i < 8; i++) {
            flow.handled();
        }

        flow.forgetInFlight();

        assertThat(requested).hasValue(16);
        assertThat(flow.inFlight()).isZero();
    }
}
