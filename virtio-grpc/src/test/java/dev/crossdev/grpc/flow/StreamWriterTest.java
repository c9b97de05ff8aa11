package dev.crossdev.grpc.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.grpc.status.Statuses;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StreamWriterTest {

    private final RecordingSink sink = new RecordingSink(0);
    private final StreamWriter<String> writer = new StreamWriter<>(sink, 4, 8);

    @Test
    void writesAtOnceWhenThePeerIsReady() {
        sink.room.set(2);

        assertThat(writer.offer("a")).isTrue();

        assertThat(sink.sent()).containsExactly("a");
        assertThat(writer.backlog()).isZero();
    }

    @Test
    void keepsWhatThePeerIsNotReadyForAndWritesItInOrder() {
        sink.room.set(1);
        writer.offer("a");
        writer.offer("b");
        writer.offer("c");

        assertThat(sink.sent()).containsExactly("a");
        assertThat(writer.backlog()).isEqualTo(2);

        sink.room.set(5);
        writer.flush();

        assertThat(sink.sent()).containsExactly("a", "b", "c");
        assertThat(writer.backlog()).isZero();
    }

    @Test
    void enqueuedMessagesWaitForTheFlush() {
        sink.room.set(5);

        writer.enqueue("a");
        assertThat(sink.sent()).isEmpty();

        writer.flush();
        assertThat(sink.sent()).containsExactly("a");
    }

    @Test
    void saysWhenTheBacklogPassedTheMarkAndOnceWhenItHasDrained() {
        AtomicInteger drained = new AtomicInteger();
        writer.onDrained(drained::incrementAndGet);
        for (String message : List.of("a", "b", "c", "d")) {
            writer.offer(message);
        }
        assertThat(writer.isAboveMark()).isFalse();
        writer.offer("e");
        assertThat(writer.isAboveMark()).isTrue();

        sink.room.set(2);
        writer.flush();
        assertThat(writer.isAboveMark()).as("three of a mark of four are left").isTrue();
        assertThat(drained).hasValue(0);

        sink.room.set(3);
        writer.flush();
        assertThat(writer.isAboveMark()).isFalse();
        assertThat(drained).hasValue(1);
    }

    @Test
    void completingWritesTheRestAlthoughThePeerIsNotReady() {
        writer.offer("a");
        writer.offer("b");

        writer.complete();

        assertThat(sink.sent()).containsExactly("a", "b");
        assertThat(sink.completed).isTrue();
        assertThat(writer.offer("c")).isFalse();
        assertThat(sink.sent()).containsExactly("a", "b");
    }

    @Test
    void onlyTheFirstEndCounts() {
        writer.fail(Status.ABORTED.asRuntimeException());
        writer.complete();
        writer.cancelled();

        assertThat(sink.failure).isNotNull();
        assertThat(sink.completed).isFalse();
        assertThat(writer.isEnded()).isTrue();
    }

    @Test
    void afterACancelNothingIsWritten() {
        writer.offer("a");

        writer.cancelled();
        sink.room.set(9);
        writer.flush();

        assertThat(writer.offer("b")).isFalse();
        assertThat(sink.sent()).isEmpty();
        assertThat(sink.completed).isFalse();
        assertThat(sink.failure).isNull();
        assertThat(writer.backlog()).isZero();
    }

    @Test
    void aPeerThatNeverReadsEndsItsStreamAtTheLimit() {
        IntStream.range(0, 8).forEach(i -> assertThat(writer.offer("" + i)).isTrue());

        assertThat(writer.offer("one too many")).isFalse();

        StatusRuntimeException failure = Objects.requireNonNull(sink.failure);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(Statuses.toErrno(failure).errno()).isEqualTo(Errno.ENOBUFS);
    }

    @Test
    void aCallThatBreaksUnderneathEndsTheWriterQuietly() {
        sink.room.set(9);
        sink.broken = new IllegalStateException("call is closed");

        writer.offer("a");

        assertThat(writer.isEnded()).isTrue();
        assertThat(writer.offer("b")).isFalse();
        assertThat(writer.backlog()).isZero();
    }

    @Test
    void aMessageOfferedWhileOneIsWrittenFollowsIt() {
        List<String> order = new ArrayList<>();
        List<StreamWriter<String>> self = new ArrayList<>();
        StreamWriter<String> recursive = new StreamWriter<>(
                new StreamSink<String>() {
                    @Override
                    public boolean isReady() {
                        return true;
                    }

                    @Override
                    public void send(String message) {
                        if (message.equals("a")) {
                            self.getFirst().offer("c");
                        }
                        order.add(message);
                    }

                    @Override
                    public void complete() {}

                    @Override
                    public void fail(StatusRuntimeException failure) {}
                },
                4,
                8);
        self.add(recursive);

        recursive.offer("a");

        assertThat(order).containsExactly("a", "c");
    }

    @Test
    void manyThreadsLoseNothingAndKeepTheirOwnOrder() throws Exception {
        int threads = 8;
        int each = 5_000;
        RecordingSink shared = new RecordingSink(Integer.MAX_VALUE);
        StreamWriter<String> busy = new StreamWriter<>(shared, threads * each, threads * each);
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> done = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                String name = "t" + t + ":";
                done.add(pool.submit(() -> {
                    start.await();
                    for (int i = 0; i < each; i++) {
                        busy.offer(name + i);
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> future : done) {
                future.get(30, TimeUnit.SECONDS);
            }
        }
        assertThat(shared.overlapped).isFalse();
        assertThat(busy.backlog()).isZero();
        List<String> sent = shared.sent();
        assertThat(sent).hasSize(threads * each);
        for (int t = 0; t < threads; t++) {
            String name = "t" + t + ":";
            assertThat(sent.stream().filter(m -> m.startsWith(name)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, each).mapToObj(i -> name + i).toList());
        }
    }
}
