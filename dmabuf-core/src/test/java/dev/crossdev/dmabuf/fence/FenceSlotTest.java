package dev.crossdev.dmabuf.fence;

import static dev.crossdev.dmabuf.fence.FenceTableTest.assertErrno;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class FenceSlotTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(30);
    private static final Duration NONE = Duration.ZERO;

    private final FenceTable table = FenceTable.create(2);
    private final FenceSlot slot = table.slot(table.allocate());

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void aWriterKeepsWritersAndReadersOut() {
        assertThat(slot.tryAcquireWrite(1, LONG)).isTrue();

        assertThat(slot.writing()).isTrue();
        assertThat(slot.tryAcquireWrite(2, LONG)).isFalse();
        assertThat(slot.tryAcquireWrite(1, LONG)).isFalse();
        assertThat(slot.tryAcquireRead(2, LONG)).isFalse();
        assertThat(slot.releaseWrite(1, false)).isTrue();
        assertThat(slot.writing()).isFalse();
        assertThat(slot.tryAcquireRead(2, LONG)).isTrue();
    }

    @Test
    void readersKeepWritersOutAndLetEachOtherIn() {
        assertThat(slot.tryAcquireRead(1, LONG)).isTrue();
        assertThat(slot.tryAcquireRead(2, LONG)).isTrue();
        assertThat(slot.tryAcquireRead(1, LONG)).isTrue();
        assertThat(slot.readers()).isEqualTo(3);
        assertThat(slot.writing()).isFalse();

        assertThat(slot.tryAcquireWrite(3, LONG)).isFalse();
        assertThat(slot.writing())
                .as("a writer that was refused leaves nothing")
                .isFalse();
        assertThat(slot.releaseRead(1)).isTrue();
        assertThat(slot.releaseRead(1)).isTrue();
        assertThat(slot.releaseRead(1)).isFalse();
        assertThat(slot.tryAcquireWrite(3, LONG)).isFalse();
        assertThat(slot.releaseRead(2)).isTrue();
        assertThat(slot.reading()).isFalse();
        assertThat(slot.tryAcquireWrite(3, LONG)).isTrue();
    }

    @Test
    void thereIsRoomForFiveReadsAndTheSixthWaits() {
        for (int holder = 1; holder <= FenceSlot.READERS; holder++) {
            assertThat(slot.tryAcquireRead(holder, LONG)).isTrue();
        }
        assertThat(slot.tryAcquireRead(6, LONG)).isFalse();
        assertErrno(Errno.ETIMEDOUT, () -> slot.acquireRead(6, SHORT, LONG));
        assertThat(slot.releaseRead(3)).isTrue();
        slot.acquireRead(6, NONE, LONG);
        assertThat(slot.readers()).isEqualTo(FenceSlot.READERS);
    }

    @Test
    void onlyTheHolderReleases() {
        assertThat(slot.releaseWrite(1, false)).isFalse();
        assertThat(slot.tryAcquireWrite(1, LONG)).isTrue();
        assertThat(slot.releaseWrite(2, true)).isFalse();
        assertThat(slot.releaseRead(1)).isFalse();
        assertThat(slot.writing()).isTrue();
    }

    @Test
    void anErrorStaysUntilTheNextWriteEndsWell() {
        assertThat(slot.tryAcquireWrite(1, LONG)).isTrue();
        assertThat(slot.writeError()).isEmpty();
        assertThat(slot.releaseWrite(1, true)).isTrue();
        assertThat(slot.writeError()).contains(Errno.EIO);

        assertThat(slot.tryAcquireRead(2, LONG)).isTrue();
        assertThat(slot.tryAcquireWrite(1, LONG)).isFalse();
        assertThat(slot.writeError()).as("a refused write changes nothing").contains(Errno.EIO);
        assertThat(slot.releaseRead(2)).isTrue();

        slot.acquireWrite(1, NONE, LONG);
        assertThat(slot.writeError()).isEmpty();
        assertThat(slot.releaseWrite(1, false)).isTrue();
        assertThat(slot.writeError()).isEmpty();
    }

    @Test
    void aFencePastItsDeadlineIsSignalledWithAnErrorAndCounted() {
        assertThat(slot.tryAcquireWrite(1, SHORT)).isTrue();
        assertThat(slot.expired()).isZero();

        await().pollInterval(Duration.ofMillis(1))
                .untilAsserted(() -> assertThat(slot.writing()).isFalse());

        assertThat(slot.writeError()).contains(Errno.ETIMEDOUT);
        assertThat(slot.expired()).isOne();
        assertThat(slot.releaseWrite(1, false)).isFalse();
        assertThat(slot.writeError()).contains(Errno.ETIMEDOUT);
        assertThat(table.expired()).isOne();
    }

    @Test
    void anOverdueReaderKeepsNobodyOut() {
        assertThat(slot.tryAcquireRead(1, SHORT)).isTrue();

        slot.acquireWrite(2, LONG, LONG);

        assertThat(slot.expired()).isOne();
        assertThat(slot.releaseRead(1)).isFalse();
        assertThat(slot.reading()).isFalse();
    }

    @Test
    void anOverdueWriterKeepsNobodyOut() {
        assertThat(slot.tryAcquireWrite(1, SHORT)).isTrue();

        slot.acquireRead(2, LONG, LONG);

        assertThat(slot.expired()).isOne();
        assertThat(slot.readers()).isOne();
    }

    @Test
    void aZeroWaitTriesOnceAndAnEndedWaitLeavesNothing() {
        assertThat(slot.tryAcquireRead(1, LONG)).isTrue();

        assertErrno(Errno.ETIMEDOUT, () -> slot.acquireWrite(2, NONE, LONG));
        assertErrno(Errno.ETIMEDOUT, () -> slot.acquireWrite(2, SHORT, LONG));

        assertThat(slot.writing()).isFalse();
        assertThat(slot.tryAcquireRead(3, LONG)).isTrue();
    }

    @Test
    void aWaitEndsAtItsDeadlineAndNotLongAfter() {
        assertThat(slot.tryAcquireWrite(1, LONG)).isTrue();
        long start = System.nanoTime();

        assertErrno(Errno.ETIMEDOUT, () -> slot.acquireRead(2, SHORT, LONG));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(SHORT, Duration.ofSeconds(10));
    }

    @Test
    void aWaitingWriterLetsNoNewReaderIn() throws InterruptedException {
        assertThat(slot.tryAcquireRead(1, LONG)).isTrue();
        Thread writer = Thread.ofPlatform().start(() -> slot.acquireWrite(2, LONG, LONG));
        await().untilAsserted(() -> assertThat(slot.tryAcquireRead(3, NONE)).isFalse());

        assertThat(slot.releaseRead(1)).isTrue();

        assertThat(writer.join(Duration.ofSeconds(20))).isTrue();
        assertThat(slot.writing()).isTrue();
        assertThat(slot.releaseWrite(2, false)).isTrue();
    }

    @Test
    void theHoldBeginsWhenTheReadersAreGoneNotWhenTheWaitBegan() {
        assertThat(slot.tryAcquireRead(1, SHORT)).isTrue();

        slot.acquireWrite(2, LONG, SHORT);

        // A hold counted from the wait's end of a minute would last that long.
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(slot.writing()).isFalse());
        assertThat(slot.writeError()).contains(Errno.ETIMEDOUT);
    }

    @Test
    void anInterruptedWaitIsEintrAndTheFlagStays() throws InterruptedException {
        assertThat(slot.tryAcquireRead(1, LONG)).isTrue();
        AtomicInteger right = new AtomicInteger();
        Thread waiter = Thread.ofVirtual().start(() -> {
            assertErrno(Errno.EINTR, () -> slot.acquireWrite(2, LONG, LONG));
            if (Thread.currentThread().isInterrupted()) {
                right.incrementAndGet();
            }
        });
        await().until(slot::writing);
        waiter.interrupt();

        assertThat(waiter.join(Duration.ofSeconds(20))).isTrue();
        assertThat(right).hasValue(1);
        assertThat(slot.writing()).isFalse();
    }

    @Test
    void theEndOfAWriteCanBeAwaited() {
        slot.awaitWritten(NONE);
        assertThat(slot.tryAcquireWrite(1, SHORT)).isTrue();
        assertErrno(Errno.ETIMEDOUT, () -> slot.awaitWritten(NONE));
        slot.awaitWritten(LONG);
        assertThat(slot.writing()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, 1 << 24, Integer.MAX_VALUE})
    void aHolderOutOfRangeIsEinval(int holder) {
        assertErrno(Errno.EINVAL, () -> slot.tryAcquireWrite(holder, LONG));
        assertErrno(Errno.EINVAL, () -> slot.tryAcquireRead(holder, LONG));
        assertThat(slot.releaseWrite(holder, false)).isFalse();
        assertThat(slot.releaseRead(holder)).isFalse();
        assertThat(slot.abandon(holder)).isZero();
    }

    @Test
    void theHighestHolderAndTheLongestHoldWork() {
        int highest = FenceWord.HIGHEST_HOLDER;
        assertThat(slot.tryAcquireWrite(highest, Duration.ofSeconds(Long.MAX_VALUE)))
                .isTrue();
        assertThat(slot.writing()).isTrue();
        assertThat(slot.releaseWrite(highest, false)).isTrue();
    }

    @Test
    void theLayoutIsAsDocumented() {
        FenceSlot second = table.slot(table.allocate());
        assertThat(second.tryAcquireRead(0x010203, LONG)).isTrue();
        assertThat(second.tryAcquireRead(0x040506, LONG)).isTrue();
        MemorySegment memory = table.memory().segment();
        long millis = System.nanoTime() / 1_000_000;

        assertThat(memory.get(JAVA_LONG, 64)).isZero();
        long word = memory.get(JAVA_LONG, 64 + 16);
        assertThat(word >>> 40).isEqualTo(0x010203);
        assertThat((word & 0xff_ffff_ffffL) - millis).isBetween(50_000L, 60_001L);
        assertThat(memory.get(JAVA_LONG, 64 + 24) >>> 40).isEqualTo(0x040506);

        memory.set(JAVA_LONG, 64, 7L << 40 | 1);
        assertThat(second.writing())
                .as("a deadline of 1 ms after the boot has passed")
                .isFalse();
        assertThat(memory.get(JAVA_LONG, 64)).isEqualTo(Errno.ETIMEDOUT.number());
        assertThat(memory.get(JAVA_INT, 64 + 56)).isOne();
        assertThat(second.abandon(0x010203)).isOne();
        assertThat(memory.get(JAVA_INT, 64 + 60)).isOne();
    }

    @Test
    void noWriterEverMeetsAnotherWriterOrAReader() throws Exception {
        AtomicInteger writers = new AtomicInteger();
        AtomicInteger readers = new AtomicInteger();
        AtomicInteger clashes = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 6; t++) {
                int holder = t + 1;
                boolean writes = t < 2;
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 3_000; i++) {
                        if (writes) {
                            slot.acquireWrite(holder, LONG, LONG);
                            if (writers.incrementAndGet() != 1 || readers.get() != 0) {
                                clashes.incrementAndGet();
                            }
                            writers.decrementAndGet();
                            if (!slot.releaseWrite(holder, false)) {
                                clashes.incrementAndGet();
                            }
                        } else {
                            slot.acquireRead(holder, LONG, LONG);
                            readers.incrementAndGet();
                            if (writers.get() != 0) {
                                clashes.incrementAndGet();
                            }
                            readers.decrementAndGet();
                            if (!slot.releaseRead(holder)) {
                                clashes.incrementAndGet();
                            }
                        }
                    }
                }));
            }
            for (Future<?> future : all) {
                future.get();
            }
        }
        assertThat(clashes).hasValue(0);
        assertThat(slot.writing()).isFalse();
        assertThat(slot.reading()).isFalse();
        assertThat(slot.expired()).isZero();
    }
}
