package dev.crossdev.virtio.timing;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EpochGateTest {

    @Test
    void theEndOfAnEpochWaitsForThoseInside() throws Exception {
        EpochGate gate = new EpochGate();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> delivery = threads.submit(() -> gate.pass(gate.current(), () -> {
                inside.countDown();
                awaitLatch(leave);
                done.set(true);
            }));
            assertThat(inside.await(10, SECONDS)).isTrue();
            EpochGate.Epoch ended = gate.end();
            AtomicBoolean doneAtTheEnd = new AtomicBoolean();
            Future<?> reset = threads.submit(() -> {
                gate.awaitEmpty(ended);
                doneAtTheEnd.set(done.get());
            });

            leave.countDown();
            reset.get(10, SECONDS);
            delivery.get(10, SECONDS);

            assertThat(doneAtTheEnd).isTrue();
        }
    }

    @Test
    void whatBelongsToAnEndedEpochDoesNotPass() {
        EpochGate gate = new EpochGate();
        EpochGate.Epoch old = gate.current();
        AtomicInteger passed = new AtomicInteger();

        gate.end();
        gate.pass(gate.current(), passed::incrementAndGet);
        gate.begin();
        gate.pass(old, passed::incrementAndGet);
        assertThat(passed).hasValue(0);
        gate.pass(gate.current(), passed::incrementAndGet);

        assertThat(passed).hasValue(1);
        assertThat(old.isOver()).isTrue();
    }

    @Test
    void whoIsInsideDoesNotWaitForItself() {
        EpochGate gate = new EpochGate();
        AtomicBoolean ended = new AtomicBoolean();
        long start = System.nanoTime();

        gate.pass(
                gate.current(),
                () -> gate.pass(gate.current(), () -> {
                    gate.awaitEmpty(gate.end());
                    ended.set(true);
                }));

        assertThat(ended).isTrue();
        assertThat(System.nanoTime() - start).isLessThan(SECONDS.toNanos(1));
    }

    @Test
    void whoIsStuckInsideIsWaitedForOnlySoLong() throws Exception {
        EpochGate gate = new EpochGate();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> stuck = threads.submit(() -> gate.pass(gate.current(), () -> {
                inside.countDown();
                awaitLatch(leave);
            }));
            assertThat(inside.await(10, SECONDS)).isTrue();

            threads.submit(() -> gate.awaitEmpty(gate.end())).get(20, SECONDS);

            leave.countDown();
            stuck.get(10, SECONDS);
        }
    }

    @Test
    void aWaitKeepsAnInterruptForItsCaller() throws Exception {
        EpochGate gate = new EpochGate();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> delivery = threads.submit(() -> gate.pass(gate.current(), () -> {
                inside.countDown();
                awaitLatch(leave);
            }));
            assertThat(inside.await(10, SECONDS)).isTrue();
            EpochGate.Epoch ended = gate.end();
            Thread waiter = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                gate.awaitEmpty(ended);
                interrupted.set(Thread.currentThread().isInterrupted());
            });
            leave.countDown();
            delivery.get(10, SECONDS);

            await().until(() -> !waiter.isAlive());
            assertThat(interrupted).isTrue();
        }
    }

    @Test
    void underManyThreadsNobodyIsInsideBetweenTwoEpochs() throws Exception {
        EpochGate gate = new EpochGate();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicBoolean between = new AtomicBoolean();
        AtomicInteger insideBetween = new AtomicInteger();
        AtomicInteger passed = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 3; i++) {
                threads.execute(() -> {
                    while (!stop.get()) {
                        gate.pass(gate.current(), () -> {
                            passed.incrementAndGet();
                            if (between.get()) {
                                insideBetween.incrementAndGet();
                            }
                        });
                    }
                });
            }
            await().until(() -> passed.get() > 1000);
            for (int round = 0; round < 2000; round++) {
                gate.awaitEmpty(gate.end());
                between.set(true);
                Thread.onSpinWait();
                between.set(false);
                gate.begin();
            }
            stop.set(true);
        }
        assertThat(insideBetween).hasValue(0);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
