package dev.crossdev.service.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.HostedElsewhereException;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceHouseTest {

    private static final DeviceKey VM0 = new DeviceKey("default", "vm0");
    private static final Duration LONG = Duration.ofMinutes(10);

    private final ParrotType type = new ParrotType();
    private final Set<DeviceKey> claimed = ConcurrentHashMap.newKeySet();
    private final Set<DeviceKey> elsewhere = ConcurrentHashMap.newKeySet();
    private final DeviceClaims claims = new DeviceClaims() {
        @Override
        public void claim(DeviceKey key) {
            if (elsewhere.contains(key)) {
                throw new HostedElsewhereException("not here", "other:1");
            }
            claimed.add(key);
        }

        @Override
        public void release(DeviceKey key) {
            claimed.remove(key);
        }
    };
    private final Queue<String> metered = new ConcurrentLinkedQueue<>();
    private final DeviceHouse<String, String, String> house = new DeviceHouse<>(
            type,
            new HouseLimits(3, 2, Duration.ofHours(1)),
            (command, response, nanos) -> metered.add(command + " " + response + " " + (nanos >= 0)),
            Violations.ignored(),
            claims);

    @AfterEach
    void close() {
        house.close();
    }

    @Test
    void anOwnerIsToldOfItsOpeningFirstAndGetsAnswersAndEvents() {
        Ear ear = new Ear();
        DeviceSession<String, String, String> session = house.open(request(VM0), ear);
        assertThat(session.submit("hello", ear::answer)).isTrue();
        device().context.events().accept("morning");
        device().context.configChanged().run();
        assertThat(ear.heard).containsExactly("opened 0", "answer hello", "event morning", "config of 4");
        assertThat(metered).containsExactly("HELLO OK true");
        assertThat(house.inventory().get(VM0).commands()).containsEntry("HELLO", 1L);
    }

    @Test
    void aDeviceIsClaimedAsLongAsItIsThere() {
        DeviceSession<String, String, String> session = house.open(request(VM0), new Ear());
        assertThat(claimed).containsExactly(VM0);

        session.end();

        assertThat(claimed).isEmpty();
        DeviceSession<String, String, String> again = house.open(request(VM0), new Ear());
        assertThat(claimed).containsExactly(VM0);
        house.delete(VM0, "test");
        assertThat(claimed).isEmpty();
        again.end();
    }

    @Test
    void aDeviceOfAnotherInstanceIsNotMade() {
        elsewhere.add(VM0);

        assertThatThrownBy(() -> house.open(request(VM0), new Ear()))
                .isInstanceOfSatisfying(
                        HostedElsewhereException.class,
                        e -> assertThat(e.instance()).isEqualTo("other:1"));

        assertThat(house.inventory().count()).isZero();
        elsewhere.clear();
        house.open(request(VM0), new Ear()).end();
    }

    @Test
    void aSecondOpenerIsRefusedAlsoWhileTheDeviceIsBeingMade() {
        type.mayBeMade = new CountDownLatch(1);
        CompletableFuture<DeviceSession<String, String, String>> first =
                CompletableFuture.supplyAsync(() -> house.open(request(VM0), new Ear()));
        ParrotType.uninterruptibly(type.begun);
        assertErrno(Errno.EBUSY, () -> house.open(request(VM0), new Ear()));
        type.mayBeMade.countDown();
        first.join();
        assertErrno(Errno.EBUSY, () -> house.open(request(VM0), new Ear()));
        assertThat(type.made).hasSize(1);
    }

    @Test
    void unknownFeaturesAndTooLongLeasesAreInvalid() {
        assertErrno(
                Errno.EINVAL,
                () -> house.open(
                        new OpenRequest(VM0, Optional.of(new Features(0b100)), Optional.empty(), Duration.ZERO),
                        new Ear()));
        assertErrno(
                Errno.EINVAL,
                () -> house.open(
                        new OpenRequest(VM0, Optional.empty(), Optional.empty(), Duration.ofHours(2)), new Ear()));
        assertThat(type.made).isEmpty();
    }

    @Test
    void aFullHouseTakesNoMoreUntilSomebodyLeaves() {
        DeviceSession<String, String, String> first = house.open(request(new DeviceKey("a", "1")), new Ear());
        house.open(request(new DeviceKey("b", "1")), new Ear());
        house.open(request(new DeviceKey("b", "2")), new Ear());
        assertErrno(Errno.ENOBUFS, () -> house.open(request(VM0), new Ear()));
        first.end();
        house.open(request(VM0), new Ear());
        assertThat(house.inventory().list(Optional.of("b")))
                .extracting(view -> view.key().device())
                .containsExactly("1", "2");
        assertThat(house.inventory().usage().bufferBytes()).isEqualTo(30);
    }

    @Test
    void aGuestThatHasItsShareLeavesRoomForTheOthers() {
        DeviceSession<String, String, String> first = house.open(request(new DeviceKey("a", "1")), new Ear());
        house.open(request(new DeviceKey("a", "2")), new Ear());
        assertErrno(Errno.ENOBUFS, () -> house.open(request(new DeviceKey("a", "3")), new Ear()));
        assertErrno(
                Errno.ENOBUFS,
                () -> house.borrowOrMake(
                        new DeviceKey("a", "3"), () -> new GrantedMemory(new NoGuestMemory(), () -> {}), LONG));
        house.open(request(new DeviceKey("b", "1")), new Ear()).end();
        first.end();
        house.open(request(new DeviceKey("a", "3")), new Ear());
    }

    @Test
    void aGuestsShareCountsDevicesThatAreBeingMade() {
        house.open(request(new DeviceKey("a", "1")), new Ear());
        type.mayBeMade = new CountDownLatch(1);
        CompletableFuture<DeviceSession<String, String, String>> second =
                CompletableFuture.supplyAsync(() -> house.open(request(new DeviceKey("a", "2")), new Ear()));
        await().until(() -> fails(Errno.ENOBUFS, () -> house.open(request(new DeviceKey("a", "3")), new Ear())));
        type.mayBeMade.countDown();
        second.join();
    }

    @Test
    void aDeviceThatCannotBeMadeLeavesNoTrace() {
        OpenRequest request = new OpenRequest(
                VM0,
                Optional.empty(),
                Optional.of(() -> {
                    throw new ErrnoException(Errno.ENOMEM, "no");
                }),
                Duration.ZERO);
        assertErrno(Errno.ENOMEM, () -> house.open(request, new Ear()));
        house.open(request(VM0), new Ear());
    }

    @Test
    void theEndOfASessionUnplugsItsDeviceAndGivesItsMemoryBack() {
        CompletableFuture<String> back = new CompletableFuture<>();
        GrantedMemory memory = new GrantedMemory(new NoGuestMemory(), () -> back.complete("given back"));
        Ear ear = new Ear();
        DeviceSession<String, String, String> session =
                house.open(new OpenRequest(VM0, Optional.empty(), Optional.of(() -> memory), Duration.ZERO), ear);
        session.end();
        session.end();
        assertThat(device().closed).isTrue();
        assertThat(back).isCompletedWithValue("given back");
        assertThat(ear.heard).containsExactly("opened 0");
        assertThat(session.submit("hello", ear::answer)).isFalse();
        assertErrno(Errno.ENOENT, () -> house.inventory().get(VM0));
    }

    @Test
    void aLeasedDeviceWaitsForItsNextOwnerAndTellsItWhatItMissed() {
        Ear first = new Ear();
        house.open(leased(LONG), first).end();
        device().context.events().accept("missed");
        Ear second = new Ear();
        house.open(leased(LONG), second);
        assertThat(type.made).hasSize(1);
        assertThat(second.heard).containsExactly("opened 0", "event missed");
        assertThat(first.heard).containsExactly("opened 0");
        assertThat(house.inventory().get(VM0).leaseEndsAt()).isEmpty();
    }

    @Test
    void aDeviceTakenUpKeepsItsFeaturesAndItsMemory() {
        house.open(leased(LONG), new Ear()).end();
        assertErrno(
                Errno.EINVAL,
                () -> house.open(
                        new OpenRequest(VM0, Optional.of(new Features(1)), Optional.empty(), LONG), new Ear()));
        assertErrno(
                Errno.EINVAL,
                () -> house.open(
                        new OpenRequest(
                                VM0,
                                Optional.empty(),
                                Optional.of(() -> new GrantedMemory(new NoGuestMemory(), () -> {})),
                                LONG),
                        new Ear()));
        house.open(new OpenRequest(VM0, Optional.of(ParrotType.OFFERED), Optional.empty(), LONG), new Ear());
    }

    @Test
    void aLeaseEndsAndARenewedOneDoesNot() {
        house.open(leased(Duration.ofMillis(50)), new Ear()).end();
        await().until(() -> device().closed);
        assertErrno(Errno.ENOENT, () -> house.inventory().get(VM0));

        borrow(Duration.ofMillis(50));
        borrow(LONG);
        ParrotType.Parrot renewed = type.made.stream().skip(1).findFirst().orElseThrow();
        // A lease that ended meanwhile would have taken another device of that length too.
        borrow(new DeviceKey("default", "witness"), Duration.ofMillis(100));
        await().until(() -> house.inventory().list(Optional.empty()).size() == 1);
        assertThat(renewed.closed).isFalse();
        assertThat(house.inventory().get(VM0).leaseEndsAt()).isPresent();
    }

    @Test
    void aResetEndsWhatIsPendingAndNothingOlderFollows() {
        Ear ear = new Ear();
        DeviceSession<String, String, String> session = house.open(request(VM0), ear);
        session.submit("later 1", ear::answer);
        assertThat(house.reset(VM0)).isEqualTo(1);
        device().answerAll();
        session.submit("after", ear::answer);
        assertThat(ear.heard).containsExactly("opened 0", "reset 1", "answer after");
        assertThat(house.inventory().get(VM0).epoch()).isEqualTo(1);
    }

    @Test
    void commandsDuringAResetAreDroppedAndNoCallerWaits() {
        Ear ear = new Ear();
        DeviceSession<String, String, String> session = house.open(request(VM0), ear);
        type.mayReset = new CountDownLatch(1);
        CompletableFuture<Long> reset = CompletableFuture.supplyAsync(() -> house.reset(VM0));
        await().until(() -> !session.submit("during", ear::answer));
        device().context.events().accept("during");
        type.mayReset.countDown();
        assertThat(reset.join()).isEqualTo(1);
        assertThat(session.submit("after", ear::answer)).isTrue();
        assertThat(ear.heard.subList(ear.heard.indexOf("reset 1"), ear.heard.size()))
                .containsExactly("reset 1", "answer after");
        assertThat(ear.heard).doesNotContain("event during");
    }

    @Test
    void aDeleteTellsTheOwnerAndTakesTheDevice() {
        Ear ear = new Ear();
        DeviceSession<String, String, String> session = house.open(request(VM0), ear);
        session.submit("later", ear::answer);
        house.delete(VM0, "because");
        device().answerAll();
        assertThat(device().closed).isTrue();
        assertThat(ear.heard).containsExactly("opened 0", "unplugged because");
        session.end();
        house.open(request(VM0), new Ear());
        assertThat(type.made).hasSize(2);
    }

    @Test
    void aSingleCommandMakesTheDeviceAndTakesItsEvents() {
        BorrowedDevice<String, String, String> borrowed = borrow(LONG);
        assertThat(borrowed.execute("hello").join().response()).isEqualTo("hello");
        device().context.events().accept("one");
        device().context.events().accept("two");
        assertThat(borrowed.takeEvents()).isEqualTo(List.of("one", "two"));
        assertThat(borrowed.takeEvents()).isEmpty();
        house.open(request(VM0), new Ear());
        assertErrno(Errno.EBUSY, () -> borrow(LONG));
        assertErrno(Errno.EBUSY, () -> house.borrow(VM0, LONG));
    }

    @Test
    void twoWhoNeedTheSameNewDeviceGetTheSameOne() {
        type.mayBeMade = new CountDownLatch(1);
        List<CompletableFuture<BorrowedDevice<String, String, String>>> both = List.of(
                CompletableFuture.supplyAsync(() -> borrow(LONG), Thread::startVirtualThread),
                CompletableFuture.supplyAsync(() -> borrow(LONG), Thread::startVirtualThread));
        type.mayBeMade.countDown();
        both.forEach(CompletableFuture::join);
        assertThat(type.made).hasSize(1);
    }

    @Test
    void aPendingSingleCommandFailsWhenTheDeviceIsResetOrGoes() {
        BorrowedDevice<String, String, String> borrowed = borrow(LONG);
        CompletableFuture<?> first = borrowed.execute("later");
        house.reset(VM0);
        assertThatThrownBy(first::join).hasCauseInstanceOf(DeviceGoneException.class);
        CompletableFuture<?> second = borrowed.execute("later");
        house.delete(VM0, "because");
        assertThatThrownBy(second::join).hasCauseInstanceOf(DeviceGoneException.class);
        assertThatThrownBy(borrowed.execute("hello")::join).hasCauseInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aDrainWaitsForOwnersThenTakesAllAndMakesNoMore() {
        Ear staying = new Ear();
        DeviceSession<String, String, String> leaving = house.open(request(new DeviceKey("a", "1")), new Ear());
        house.open(request(VM0), staying);
        CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> house.drain(Duration.ofMillis(300)));
        await().until(() -> fails(Errno.ENODEV, () -> house.open(request(new DeviceKey("c", "1")), new Ear())));
        leaving.end();
        drained.join();
        assertThat(staying.heard).containsExactly("opened 0", "unplugged the service is going away");
        assertThat(type.made).allMatch(parrot -> parrot.closed);
        assertThat(house.inventory().list(Optional.empty())).isEmpty();
    }

    @Test
    void aDrainDoesNotWaitWhenNobodyIsThere() {
        borrow(LONG);
        long before = System.nanoTime();
        house.drain(Duration.ofSeconds(30));
        assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(10));
        assertThat(device().closed).isTrue();
    }

    @Test
    void timingAndFaultsForAllReachThoseToCome() {
        house.open(request(VM0), new Ear());
        DeviceTiming slow = new DeviceTiming(Latency.fixed(Duration.ofMillis(1)), Latency.ZERO);
        house.knobs().setTiming(Optional.empty(), slow);
        house.knobs().inject(Optional.empty(), Fault.parse("HELLO=never*2"));
        DeviceKey next = new DeviceKey("default", "vm1");
        house.open(request(next), new Ear());
        for (DeviceKey key : List.of(VM0, next)) {
            assertThat(house.inventory().get(key).timing()).isEqualTo(slow);
            assertThat(house.inventory().get(key).faults()).hasSize(1);
        }
        house.knobs().setTiming(Optional.of(next), DeviceTiming.NONE);
        assertThat(house.inventory().get(VM0).timing()).isEqualTo(slow);
        assertThat(house.inventory().get(next).timing()).isEqualTo(DeviceTiming.NONE);
        assertThat(house.knobs().clear(Optional.empty())).isEqualTo(2);
        DeviceKey last = new DeviceKey("other", "vm2");
        house.open(request(last), new Ear());
        assertThat(house.inventory().get(last).faults()).isEmpty();
        assertErrno(Errno.ENOENT, () -> house.knobs().clear(Optional.of(new DeviceKey("no", "body"))));
    }

    @Test
    void aFaultThatDropsTheConnectionTellsTheOwner() {
        Ear ear = new Ear();
        DeviceSession<String, String, String> session = house.open(request(VM0), ear);
        house.knobs().inject(Optional.of(VM0), Fault.parse("HELLO=disconnect"));
        session.submit("hello", ear::answer);
        assertThat(ear.heard).containsExactly("opened 0", "dropped");
    }

    @Test
    void violationsAreCountedWithTheDevice() {
        house.open(request(VM0), new Ear());
        device().context.violations().report(Violations.Kind.DETACH_MISMATCH, "twice");
        assertThat(house.inventory().get(VM0).violations()).containsEntry("detach_mismatch", 1L);
    }

    private ParrotType.Parrot device() {
        return type.made.element();
    }

    private BorrowedDevice<String, String, String> borrow(Duration lease) {
        return borrow(VM0, lease);
    }

    private BorrowedDevice<String, String, String> borrow(DeviceKey key, Duration lease) {
        return house.borrowOrMake(key, () -> new GrantedMemory(new NoGuestMemory(), () -> {}), lease);
    }

    private static OpenRequest request(DeviceKey key) {
        return new OpenRequest(key, Optional.empty(), Optional.empty(), Duration.ZERO);
    }

    private static OpenRequest leased(Duration lease) {
        return new OpenRequest(VM0, Optional.empty(), Optional.empty(), lease);
    }

    private static void assertErrno(Errno errno, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    private static boolean fails(Errno errno, Runnable what) {
        try {
            what.run();
            return false;
        } catch (ErrnoException e) {
            return e.errno() == errno;
        }
    }
}
