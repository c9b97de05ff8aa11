package dev.crossdev.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class UuidRegistrationRaceTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @Test
    void whoeverAnswersFirstWinsAndAllWaitersAgree() throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            for (int round = 0; round < 1_000; round++) {
                ViolationCounter violations = new ViolationCounter();
                UuidRegistration registration = UuidRegistration.pending(violations);
                CyclicBarrier together = new CyclicBarrier(8);
                Set<String> outcomes = ConcurrentHashMap.newKeySet();
                AtomicInteger callbacks = new AtomicInteger();
                AtomicInteger wins = new AtomicInteger();
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    all.add(threads.submit(() -> {
                        together.await();
                        registration.onSettled(_ -> callbacks.incrementAndGet());
                        outcomes.add(outcome(registration));
                        return null;
                    }));
                }
                for (int i = 0; i < 3; i++) {
                    int number = i;
                    all.add(threads.submit(() -> {
                        together.await();
                        boolean won = number == 0
                                ? registration.fail(new RegistrationFailedException("no"))
                                : registration.complete(new UUID(number, number));
                        if (won) {
                            wins.incrementAndGet();
                        }
                        return null;
                    }));
                }
                all.add(threads.submit(() -> {
                    together.await();
                    if (registration.abandon(new DeviceGoneException("gone"))) {
                        wins.incrementAndGet();
                    }
                    return null;
                }));
                for (Future<?> future : all) {
                    future.get();
                }
                assertThat(wins).hasValue(1);
                assertThat(outcomes).hasSize(1).containsExactly(outcome(registration));
                assertThat(callbacks).hasValue(4);
                assertThat(registration.waiters()).isZero();
                assertThat(violations.total()).isBetween(2L, 3L);
            }
        }
    }

    @Test
    void noWakeUpIsLostHoweverTightTheRace() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < 20_000; round++) {
                UuidRegistration registration = UuidRegistration.pending(Violations.ignored());
                UUID uuid = new UUID(round, 1);
                Future<UUID> waiter = threads.submit(() -> registration.await(LONG));
                registration.complete(uuid);
                assertThat(waiter.get()).isEqualTo(uuid);
            }
        }
    }

    @Test
    void deadlinesThatRaceWithTheAnswerEndOneWayOrTheOther() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> all = new ArrayList<>();
            List<UuidRegistration> registrations = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                UuidRegistration registration = UuidRegistration.pending(Violations.ignored());
                registrations.add(registration);
                all.add(threads.submit(() -> {
                    try {
                        return registration.await(Duration.ofNanos(200_000)).toString();
                    } catch (ErrnoException e) {
                        return e.errno().name();
                    }
                }));
                registration.complete(new UUID(1, 1));
            }
            for (Future<String> future : all) {
                assertThat(future.get()).isIn(new UUID(1, 1).toString(), Errno.ETIMEDOUT.name());
            }
            assertThat(registrations).allMatch(registration -> registration.waiters() == 0);
        }
    }

    @Test
    void aHundredThousandWaitersOnTenThousandRegistrationsAreUnremarkable() throws Exception {
        int many = 10_000;
        List<UuidRegistration> registrations = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            registrations.add(UuidRegistration.pending(Violations.ignored()));
        }
        LongAdder right = new LongAdder();
        List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 10 * many; i++) {
            UuidRegistration registration = registrations.get(i % many);
            UUID expected = new UUID(i % many, 7);
            waiters.add(Thread.ofVirtual().start(() -> {
                if (registration.await(LONG).equals(expected)) {
                    right.increment();
                }
            }));
        }
        await().atMost(LONG)
                .until(() -> registrations.stream()
                                .mapToInt(UuidRegistration::waiters)
                                .sum()
                        == 10 * many);
        for (int i = 0; i < many; i++) {
            registrations.get(i).complete(new UUID(i, 7));
        }
        for (Thread waiter : waiters) {
            assertThat(waiter.join(LONG)).isTrue();
        }
        assertThat(right.sum()).isEqualTo(10L * many);
    }

    @Test
    void aHundredThousandCallbacksOnTenThousandRegistrationsNeedAFewMegabytes() {
        int many = 10_000;
        List<UuidRegistration> registrations = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            registrations.add(UuidRegistration.pending(Violations.ignored()));
        }
        LongAdder right = new LongAdder();
        List<Subscription> subscriptions = new ArrayList<>(10 * many);
        long before = liveHeap();
        for (int i = 0; i < 10 * many; i++) {
            UUID expected = new UUID(i % many, 7);
            subscriptions.add(registrations.get(i % many).onSettled(state -> {
                if (state.equals(new UuidRegistration.State.Ok(expected))) {
                    right.increment();
                }
            }));
        }
        // A callback, its closure, its UUID and its subscription: less than 256 bytes each, generously.
        assertThat(liveHeap() - before).isLessThan(10L * many * 256);
        // Every second gives up, which touches nobody else.
        for (int i = 0; i < subscriptions.size(); i += 2) {
            subscriptions.get(i).close();
        }
        for (int i = 0; i < many; i++) {
            registrations.get(i).complete(new UUID(i, 7));
        }
        assertThat(right.sum()).isEqualTo(5L * many);
        assertThat(registrations).allMatch(registration -> registration.waiters() == 0);
    }

    @Test
    void unplugWakesAllWaitersOfAllRegistrationsAndTheirCancelledNeighboursTouchNobody() throws Exception {
        int many = 1_000;
        List<UuidRegistration> registrations = new ArrayList<>();
        List<Thread> patient = new ArrayList<>();
        List<Thread> cancelled = new ArrayList<>();
        LongAdder gone = new LongAdder();
        LongAdder interrupted = new LongAdder();
        for (int i = 0; i < many; i++) {
            UuidRegistration registration = UuidRegistration.pending(Violations.ignored());
            registrations.add(registration);
            for (int w = 0; w < 4; w++) {
                boolean cancel = w % 2 == 0;
                (cancel ? cancelled : patient).add(Thread.ofVirtual().start(() -> {
                    try {
                        registration.await(LONG);
                    } catch (DeviceGoneException e) {
                        gone.increment();
                    } catch (ErrnoException e) {
                        interrupted.increment();
                    }
                }));
            }
        }
        await().atMost(LONG).until(() -> waiters(registrations) == 4 * many);
        cancelled.forEach(Thread::interrupt);
        await().atMost(LONG).until(() -> waiters(registrations) == 2 * many);
        assertThat(interrupted.sum()).isEqualTo(2L * many);
        assertThat(gone.sum()).isZero();

        DeviceGoneException unplugged = new DeviceGoneException("unplugged");
        registrations.forEach(registration -> registration.abandon(unplugged));

        for (Thread thread : patient) {
            assertThat(thread.join(LONG)).isTrue();
        }
        assertThat(gone.sum()).isEqualTo(2L * many);
        assertThat(waiters(registrations)).isZero();
    }

    private static int waiters(List<UuidRegistration> registrations) {
        return registrations.stream().mapToInt(UuidRegistration::waiters).sum();
    }

    /** Bytes that survive a collection; the least of a few, as other threads may be at work. */
    private static long liveHeap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    private static String outcome(UuidRegistration registration) {
        try {
            return registration.await(LONG).toString();
        } catch (ErrnoException e) {
            return e.toString();
        }
    }
}
