package dev.crossdev.service.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.service.house.DeviceWatch.Change;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceWatchTest {

    private static final DeviceKey VM0 = new DeviceKey("default", "vm0");
    private static final Duration LONG = Duration.ofMinutes(10);

    private final ParrotType type = new ParrotType();
    private final DeviceHouse<String, String, String> house = new DeviceHouse<>(
            type, new HouseLimits(8, 8, Duration.ofHours(1)), (_, _, _) -> {}, Violations.ignored(), DeviceClaims.NONE);
    private final AtomicInteger wakes = new AtomicInteger();

    @AfterEach
    void close() {
        house.close();
    }

    @Test
    void whatIsThereComesFirstInOrderThenTheMarkerThenChanges() {
        open(new DeviceKey("b", "1"), Duration.ZERO);
        open(new DeviceKey("a", "2"), Duration.ZERO);
        DeviceWatch watch = watch();
        assertThat(told(watch)).containsExactly("created a/2", "created b/1", "synchronized");
        assertThat(told(watch)).isEmpty();
        open(VM0, Duration.ZERO);
        assertThat(wakes.get()).isPositive();
        assertThat(told(watch)).containsExactly("created default/vm0");
    }

    @Test
    void whatComesWhileTheBeginningIsToldComesAfterTheMarker() {
        open(new DeviceKey("b", "1"), Duration.ZERO);
        DeviceWatch watch = watch();
        open(new DeviceKey("a", "0"), Duration.ZERO);
        assertThat(told(watch)).containsExactly("created b/1", "synchronized", "created a/0");
    }

    @Test
    void aDeviceThatWentBeforeItWasToldIsNotToldAtAll() {
        DeviceSession<String, String, String> session = open(VM0, Duration.ZERO);
        DeviceWatch watch = watch();
        session.end();
        assertThat(told(watch)).containsExactly("synchronized");
    }

    @Test
    void everyKindOfChangeIsTold() {
        DeviceSession<String, String, String> session = open(VM0, LONG);
        DeviceWatch watch = watch();
        var _ = told(watch);

        session.end();
        assertThat(view(watch).connected()).isFalse();
        open(VM0, LONG);
        DeviceView taken = view(watch);
        assertThat(taken.connected()).isTrue();
        assertThat(taken.leaseEndsAt()).isEmpty();
        house.knobs().setTiming(Optional.of(VM0), new DeviceTiming(Latency.ZERO, Latency.fixed(Duration.ofNanos(1))));
        assertThat(view(watch).timing().isNone()).isFalse();
        house.knobs().inject(Optional.of(VM0), Fault.parse("HELLO=twice*2"));
        assertThat(view(watch).faults()).hasSize(1);
        assertThat(house.knobs().clear(Optional.of(VM0))).isEqualTo(1);
        assertThat(view(watch).faults()).isEmpty();
        house.reset(VM0);
        assertThat(view(watch).epoch()).isEqualTo(1);
        type.made.element().context.violations().report(Violations.Kind.DETACH_MISMATCH, "twice");
        assertThat(view(watch).violations()).containsEntry("detach_mismatch", 1L);
        house.delete(VM0, "because");
        assertThat(told(watch)).containsExactly("removed default/vm0 because");
    }

    @Test
    void aFaultThatStrikesIsToldAndCountedAlsoWhenItIsUsedUp() {
        DeviceSession<String, String, String> session = open(VM0, Duration.ZERO);
        house.knobs().inject(Optional.of(VM0), Fault.parse("HELLO=never*2"));
        DeviceWatch watch = watch();
        var _ = told(watch);
        session.submit("hello", _ -> {});
        assertThat(view(watch).faults().getFirst().hits()).isEqualTo(1);
        session.submit("hello", _ -> {});
        DeviceView used = view(watch);
        assertThat(used.faults()).isEmpty();
        assertThat(used.faultHits()).containsEntry("HELLO=never", 2L);
    }

    @Test
    void commandsAndRenewedLeasesWithinASecondAreNoNews() {
        borrow();
        DeviceWatch watch = watch();
        var _ = told(watch);
        DeviceView before = house.inventory().get(VM0);
        int renewals = 0;
        while (renewals < 100) {
            borrow().execute("hello").join();
            renewals++;
        }
        List<String> changes = told(watch);
        DeviceView after = house.inventory().get(VM0);
        long seconds = after.leaseEndsAt().orElseThrow().getEpochSecond()
                - before.leaseEndsAt().orElseThrow().getEpochSecond();
        assertThat(changes).hasSizeLessThanOrEqualTo((int) Math.min(1, seconds));
    }

    @Test
    void aDeviceOfTheSameNameIsAnotherOne() {
        open(VM0, Duration.ZERO);
        DeviceWatch watch = watch();
        var _ = told(watch);
        house.delete(VM0, "first");
        open(VM0, Duration.ZERO);
        assertThat(told(watch)).containsExactly("removed default/vm0 first", "created default/vm0");
    }

    @Test
    void anotherGuestsDevicesAreNotTold() {
        open(new DeviceKey("a", "1"), Duration.ZERO);
        DeviceWatch watch = house.inventory().watch(Optional.of("b"), () -> {});
        open(new DeviceKey("b", "1"), Duration.ZERO);
        assertThat(told(watch)).containsExactly("synchronized", "created b/1");
    }

    @Test
    void whoDoesNotAskForLongIsToldTheLatestOfEachOnce() {
        open(VM0, LONG).end();
        DeviceWatch watch = watch();
        var _ = told(watch);
        int before = wakes.get();
        for (int i = 0; i < 1000; i++) {
            open(VM0, LONG).end();
            house.reset(VM0);
        }
        assertThat(wakes.get() - before).as("woken once").isEqualTo(1);
        Optional<Change> change = watch.poll();
        assertThat(change)
                .hasValueSatisfying(each -> assertThat(each).isInstanceOfSatisfying(Change.Changed.class, changed -> {
                    assertThat(changed.device().epoch()).isEqualTo(1000);
                    assertThat(changed.device().connected()).isFalse();
                }));
        assertThat(watch.poll()).isEmpty();
    }

    @Test
    void aClosedWatchIsNotWokenAndForgotten() {
        DeviceWatch watch = watch();
        assertThat(house.inventory().watchers()).isEqualTo(1);
        watch.close();
        assertThat(house.inventory().watchers()).isZero();
        open(VM0, Duration.ZERO);
        assertThat(wakes.get()).isZero();
    }

    @Test
    void aDeviceThatLeftItsPlaceIsToldOnceItIsKnownWhy() {
        DeviceSession<String, String, String> session = open(VM0, LONG);
        type.mayReset = new CountDownLatch(1);
        DeviceWatch watch = watch();
        var _ = told(watch);
        session.end();
        house.close();
        assertThat(told(watch)).containsExactly("removed default/vm0 the service is going away");
    }

    /** Whatever happens on other threads meanwhile, what was told adds up to what is. */
    @Test
    void whatIsToldAddsUpToWhatIs() {
        Semaphore woken = new Semaphore(0);
        DeviceWatch watch = house.inventory().watch(Optional.empty(), woken::release);
        Map<DeviceKey, DeviceView> known = new HashMap<>();
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> drivers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            DeviceKey key = new DeviceKey("g", "d" + i / 2);
            SplittableRandom random = new SplittableRandom(i);
            drivers.add(Thread.ofVirtual().start(() -> drive(key, random)));
        }
        CompletableFuture<Void> reader = CompletableFuture.runAsync(
                () -> {
                    boolean last;
                    do {
                        woken.acquireUninterruptibly();
                        last = over.get();
                        for (Optional<Change> each = watch.poll(); each.isPresent(); each = watch.poll()) {
                            apply(each.get(), known);
                        }
                    } while (!last);
                },
                Thread::startVirtualThread);
        drivers.forEach(DeviceWatchTest::join);
        over.set(true);
        woken.release();
        reader.join();
        List<DeviceView> there = house.inventory().list(Optional.empty());
        assertThat(known.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        there.stream().map(DeviceView::key).toList());
        for (DeviceView view : there) {
            DeviceView last = Objects.requireNonNull(known.get(view.key()));
            assertThat(last.epoch()).isEqualTo(view.epoch());
            assertThat(last.connected()).isEqualTo(view.connected());
            assertThat(last.createdAt()).isEqualTo(view.createdAt());
        }
    }

    private void drive(DeviceKey key, SplittableRandom random) {
        for (int i = 0; i < 300; i++) {
            try {
                switch (random.nextInt(4)) {
                    case 0 -> open(key, LONG).end();
                    case 1 -> open(key, Duration.ZERO).end();
                    case 2 -> house.reset(key);
                    default -> house.delete(key, "random");
                }
            } catch (ErrnoException e) {
                // Somebody else has it, or nobody: part of the game.
            }
        }
    }

    /** What was told before decides what may be told now. */
    private static void apply(Change change, Map<DeviceKey, DeviceView> known) {
        switch (change) {
            case Change.Created(var device) ->
                assertThat(known.put(device.key(), device)).isNull();
            case Change.Changed(var device) ->
                assertThat(Objects.requireNonNull(known.put(device.key(), device))
                                .createdAt())
                        .isEqualTo(device.createdAt());
            case Change.Removed(var key, var _) -> assertThat(known.remove(key)).isNotNull();
            case Change.Synchronized() -> {}
        }
    }

    private static void join(Thread thread) {
        await().atMost(Duration.ofSeconds(30)).until(() -> !thread.isAlive());
    }

    private DeviceWatch watch() {
        return house.inventory().watch(Optional.empty(), wakes::incrementAndGet);
    }

    private DeviceSession<String, String, String> open(DeviceKey key, Duration lease) {
        return house.open(new OpenRequest(key, Optional.empty(), Optional.empty(), lease), new Ear());
    }

    private BorrowedDevice<String, String, String> borrow() {
        return house.borrowOrMake(VM0, () -> new GrantedMemory(new NoGuestMemory(), () -> {}), LONG);
    }

    /** The one change, which leaves nothing more to tell. */
    private static DeviceView view(DeviceWatch watch) {
        Change change = watch.poll().orElseThrow();
        assertThat(change).isInstanceOf(Change.Changed.class);
        assertThat(watch.poll()).isEmpty();
        return ((Change.Changed) change).device();
    }

    private static List<String> told(DeviceWatch watch) {
        List<String> told = new ArrayList<>();
        for (Optional<Change> each = watch.poll(); each.isPresent(); each = watch.poll()) {
            told.add(
                    switch (each.get()) {
                        case Change.Created(var device) -> "created " + device.key();
                        case Change.Changed(var device) -> "changed " + device.key();
                        case Change.Removed(var key, var reason) -> "removed " + key + " " + reason;
                        case Change.Synchronized() -> "synchronized";
                    });
        }
        return told;
    }
}
