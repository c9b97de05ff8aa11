package dev.crossdev.cli.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The lines are those of Linux 6.1's virtio_gpu tracepoints, as {@code /sys/kernel/tracing/trace} has them. */
class RoundTripTest {

    private static String event(String time, String what, int type, int flags, long fence) {
        return "           agent-87      [000] .....     " + time + ": virtio_gpu_cmd_" + what
                + ": vdev=0 vq=0 name=control type=0x" + Integer.toHexString(type) + " flags=0x"
                + Integer.toHexString(flags) + " fence_id=" + fence + " ctx_id=0 num_free=63 seqno=5";
    }

    @Test
    void aCommandIsPairedWithItsAnswerAndNamedByItself() {
        List<RoundTrip> trips = RoundTrip.of(List.of(
                "# tracer: nop",
                "#",
                event("5.000100", "queue", 0x10b, 0, 0),
                event("5.001350", "response", 0x1105, 0, 0)));

        assertThat(trips).singleElement().satisfies(trip -> {
            assertThat(trip.command()).isEqualTo("RESOURCE_ASSIGN_UUID");
            assertThat(trip.answer()).isEqualTo(0x1105);
            assertThat(trip.micros()).isEqualTo(1250, Offset.offset(0.5));
        });
    }

    @Test
    void unfencedCommandsAreAnsweredInOrderAndAFencedOneByItsFence() {
        List<RoundTrip> trips = RoundTrip.of(List.of(
                event("1.000000", "queue", 0x104, 1, 7),
                event("1.000001", "queue", 0x101, 0, 0),
                event("1.000002", "queue", 0x10b, 0, 0),
                event("1.000100", "response", 0x1100, 0, 0),
                event("1.000200", "response", 0x1105, 0, 0),
                event("1.000300", "response", 0x1100, 1, 7)));

        assertThat(trips)
                .extracting(RoundTrip::command)
                .containsExactly("RESOURCE_CREATE_2D", "RESOURCE_ASSIGN_UUID", "RESOURCE_FLUSH");
    }

    @Test
    void numbersHaveAll32Bits() {
        assertThat(RoundTrip.of(List.of(
                        event("1.000000", "queue", 0x10b, 0x80000000, 0),
                        event("1.000100", "response", 0xffffffff, 0x80000000, 0))))
                .extracting(RoundTrip::answer)
                .containsExactly(0xffffffff);
    }

    @Test
    void queuesAreApart() {
        List<RoundTrip> trips = RoundTrip.of(List.of(
                event("1.000000", "queue", 0x301, 0, 0).replace("vq=0", "vq=1"),
                event("1.000001", "queue", 0x101, 0, 0),
                event("1.000100", "response", 0x1100, 0, 0)));

        assertThat(trips).extracting(RoundTrip::command).containsExactly("RESOURCE_CREATE_2D");
    }

    @Test
    void whatIsNotThereIsNotMadeUp() {
        assertThat(RoundTrip.of(List.of(event("1.0", "queue", 0x101, 0, 0)))).isEmpty();
        assertThat(RoundTrip.of(List.of(event("1.0", "response", 0x1100, 0, 0))))
                .isEmpty();
        Random random = new Random(20261127);
        String whole = event("1.000000", "queue", 0x101, 0, 0);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder bent = new StringBuilder(whole.substring(0, random.nextInt(whole.length() + 1)));
            if (!bent.isEmpty()) {
                bent.setCharAt(random.nextInt(bent.length()), (char) (' ' + random.nextInt(95)));
            }
            assertThat(RoundTrip.of(List.of(bent.toString()))).isEmpty();
        }
    }
}
