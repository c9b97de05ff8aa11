package dev.crossdev.dmabuf.fence;

import static dev.crossdev.dmabuf.fence.FenceTableTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ReservationTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Set<PollEvent> BOTH = EnumSet.allOf(PollEvent.class);
    private static final int EXPORTER = 1;
    private static final int IMPORTER = 2;

    private final Timeline timeline = new Timeline("gpu");
    private final Reservation reservation = new Reservation();
    private final FenceTable table = FenceTable.create(4);
    private final FenceSlot slot = table.slot(table.allocate());
    private final Reservation shared = Reservation.shared(slot, EXPORTER, n -> n == EXPORTER ? "vm0" : "peer " + n);

    @AfterEach
    void close() {
        table.close();
    }

    @ParameterizedTest
    @EnumSource
    void aWaitForAClassWaitsForAllClassesBeforeIt(Usage usage) {
        TimelineFence fence = timeline.begin(LONG);
        reservation.add(fence, usage);

        for (Usage waited : Usage.values()) {
            boolean blocks = usage.ordinal() <= waited.ordinal();
            assertThat(reservation.test(waited))
                    .as("%s waits for %s", waited, usage)
                    .isEqualTo(!blocks);
            assertThat(reservation.fences(waited)).hasSize(blocks ? 1 : 0);
            if (blocks) {
                assertErrno(Errno.ETIMEDOUT, () -> reservation.await(waited, Duration.ZERO));
            } else {
                reservation.await(waited, Duration.ZERO);
            }
        }
        fence.signal();
        reservation.await(Usage.BOOKKEEP, Duration.ZERO);
        assertThat(reservation.info()).isEmpty();
    }

    @Test
    void aReaderWaitsForWritersAndAWriterForAll() {
        assertThat(Access.READ.waitsFor()).isEqualTo(Usage.WRITE);
        assertThat(Access.WRITE.waitsFor()).isEqualTo(Usage.READ);
        assertThat(Access.READ_WRITE.waitsFor()).isEqualTo(Usage.READ);
        assertThat(Access.READ.leaves()).isEqualTo(Usage.READ);
        assertThat(Access.WRITE.leaves()).isEqualTo(Usage.WRITE);
        assertThat(Access.READ_WRITE.leaves()).isEqualTo(Usage.WRITE);
    }

    @Test
    void ofOneTimelineTheLastFenceOfAClassIsKept() {
        TimelineFence first = timeline.begin(LONG);
        TimelineFence second = timeline.begin(LONG);
        TimelineFence shorter = timeline.begin(Duration.ofSeconds(20));
        Fence other = new Timeline("display").begin(LONG);

        reservation.add(first, Usage.READ);
        reservation.add(other, Usage.READ);
        reservation.add(second, Usage.READ);
        assertThat(reservation.fences(Usage.READ)).containsExactly(other, second);
        reservation.add(second, Usage.WRITE);
        assertThat(reservation.fences(Usage.READ)).containsExactly(second, other, second);
        reservation.add(shorter, Usage.WRITE);
        assertThat(reservation.fences(Usage.WRITE))
                .as("one that could expire before what it stands for stands for nothing else")
                .containsExactly(second, shorter);
        reservation.add(first, Usage.WRITE);
        assertThat(reservation.fences(Usage.WRITE)).containsExactly(second, shorter, first);
    }

    @Test
    void whatHasSignalledIsNotAdded() {
        TimelineFence done = timeline.begin(LONG);
        done.signal();
        reservation.add(done, Usage.KERNEL);
        reservation.add(Fence.stub(), Usage.KERNEL);
        assertThat(reservation.fences(Usage.BOOKKEEP)).isEmpty();
    }

    @Test
    void aFencePastItsDeadlineHoldsNobodyUp() {
        reservation.add(timeline.begin(Duration.ofMillis(2)), Usage.WRITE);
        reservation.await(Usage.READ, LONG);
        assertThat(reservation.test(Usage.BOOKKEEP)).isTrue();
    }

    @Test
    void aWaitIsForWhatIsThereWhenItBegins() throws Exception {
        TimelineFence first = timeline.begin(LONG);
        reservation.add(first, Usage.WRITE);
        Thread waiter = Thread.ofVirtual().start(() -> reservation.await(Usage.WRITE, LONG));
        await().until(() -> first.waiters() == 1);
        reservation.add(new Timeline("later").begin(LONG), Usage.WRITE);
        first.signal();

        assertThat(waiter.join(LONG)).isTrue();
        assertThat(reservation.test(Usage.WRITE)).isFalse();
    }

    @Test
    void aWaitCanBeInterrupted() {
        reservation.add(timeline.begin(LONG), Usage.WRITE);
        Thread.currentThread().interrupt();
        assertErrno(Errno.EINTR, () -> reservation.await(Usage.READ, LONG));
        assertThat(Thread.interrupted()).isTrue();
        Thread.currentThread().interrupt();
        assertErrno(Errno.EINTR, () -> reservation.poll(BOTH, LONG));
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void anExportedFenceIsAllThatTheAccessWaitsForOrTheStub() {
        assertThat(reservation.exportFence(Access.READ_WRITE)).isSameAs(Fence.stub());
        TimelineFence write = timeline.begin(LONG);
        TimelineFence read = new Timeline("display").begin(LONG);
        reservation.add(write, Usage.WRITE);
        reservation.add(read, Usage.READ);
        reservation.add(new Timeline("audit").begin(LONG), Usage.BOOKKEEP);

        assertThat(reservation.exportFence(Access.READ)).isSameAs(write);
        assertThat(reservation.exportFence(Access.WRITE).parts()).containsExactly(write, read);
    }

    @Test
    void anImportedFenceHoldsOthersUpAsItsAccessWould() {
        TimelineFence one = timeline.begin(LONG);
        TimelineFence two = new Timeline("two").begin(LONG);
        reservation.importFence(Fence.merge(List.of(one, two)), Access.READ);
        assertThat(reservation.test(Usage.WRITE)).isTrue();
        assertThat(reservation.fences(Usage.READ)).containsExactly(one, two);

        Reservation another = new Reservation();
        another.importFence(reservation.exportFence(Access.WRITE), Access.WRITE);
        assertThat(another.fences(Usage.WRITE)).containsExactly(one, two);
        one.signal();
        two.signal(Errno.EIO);
        assertThat(another.test(Usage.BOOKKEEP)).isTrue();
    }

    @Test
    void pollReportsInWhenWritesAreDoneAndOutWhenAllIs() {
        TimelineFence write = timeline.begin(LONG);
        TimelineFence read = new Timeline("display").begin(LONG);
        assertThat(reservation.poll(BOTH)).isEqualTo(BOTH);
        reservation.add(read, Usage.READ);
        assertThat(reservation.poll(BOTH)).containsExactly(PollEvent.IN);
        assertThat(reservation.poll(EnumSet.of(PollEvent.OUT))).isEmpty();
        reservation.add(write, Usage.WRITE);
        assertThat(reservation.poll(BOTH)).isEmpty();
        assertThat(reservation.poll(BOTH, Duration.ZERO)).isEmpty();
        assertThat(reservation.poll(EnumSet.noneOf(PollEvent.class), LONG)).isEmpty();
        write.signal();
        assertThat(reservation.poll(BOTH, LONG)).containsExactly(PollEvent.IN);
        read.signal();
        assertThat(reservation.poll(BOTH, LONG)).isEqualTo(BOTH);
    }

    @Test
    void pollWaitsNoLongerThanItIsToldTo() {
        reservation.add(timeline.begin(LONG), Usage.WRITE);
        assertThat(reservation.poll(EnumSet.of(PollEvent.OUT), Duration.ofMillis(2)))
                .isEmpty();
    }

    @Test
    void pollWakesUpWhenTheEventComes() throws Exception {
        TimelineFence read = timeline.begin(LONG);
        reservation.add(read, Usage.READ);
        List<Set<PollEvent>> got = new CopyOnWriteArrayList<>();
        Thread poller = Thread.ofVirtual().start(() -> got.add(reservation.poll(EnumSet.of(PollEvent.OUT), LONG)));
        await().until(() -> read.waiters() == 1);
        read.signal();
        assertThat(poller.join(LONG)).isTrue();
        assertThat(got).containsExactly(EnumSet.of(PollEvent.OUT));
    }

    @Test
    void anArmedPollFiresOnceUnlessItIsClosed() {
        AtomicInteger fired = new AtomicInteger();
        TimelineFence write = timeline.begin(LONG);
        reservation.add(write, Usage.WRITE);
        reservation.onReady(PollEvent.IN, fired::incrementAndGet);
        Subscription closed = reservation.onReady(PollEvent.OUT, fired::incrementAndGet);
        closed.close();
        assertThat(fired).hasValue(0);
        write.signal();
        assertThat(fired).hasValue(1);
        reservation.onReady(PollEvent.IN, fired::incrementAndGet);
        assertThat(fired).hasValue(2);
    }

    @Test
    void aListingSaysWhoIsAtItAndHowLongAtMost() {
        reservation.add(timeline.begin(LONG), Usage.READ);
        reservation.add(timeline.begin(LONG), Usage.KERNEL);
        List<FenceInfo> info = reservation.info();
        assertThat(info).extracting(FenceInfo::usage).containsExactly(Usage.KERNEL, Usage.READ);
        assertThat(info).extracting(FenceInfo::owner).containsOnly("gpu");
        assertThat(info).extracting(FenceInfo::sequence).containsExactly(2L, 1L);
        assertThat(info).allMatch(f -> f.left().compareTo(LONG) <= 0 && f.left().isPositive() && !f.signalled());
        reservation.close();
        assertThat(reservation.test(Usage.BOOKKEEP)).isTrue();
    }

    @Test
    void aSignalledFenceHasNothingLeftAndItsError() {
        TimelineFence fence = timeline.begin(LONG);
        fence.signal(Errno.EIO);
        assertThat(fence.info(Usage.WRITE))
                .isEqualTo(new FenceInfo(Usage.WRITE, "gpu", 1, true, Optional.of(Errno.EIO), Duration.ZERO));
    }

    @Test
    void theFencesOfOtherProcessesAreSeenLikeAnyOther() {
        assertThat(slot.tryAcquireWrite(IMPORTER, LONG)).isTrue();
        shared.add(timeline.begin(LONG), Usage.BOOKKEEP);

        assertThat(shared.test(Usage.KERNEL)).isTrue();
        assertThat(shared.test(Usage.WRITE)).isFalse();
        assertThat(shared.poll(BOTH)).isEmpty();
        assertErrno(Errno.ETIMEDOUT, () -> shared.await(Usage.WRITE, Duration.ZERO));
        assertThat(shared.info()).extracting(FenceInfo::owner).containsExactly("peer 2", "gpu");
        Fence exported = shared.exportFence(Access.READ);
        assertThat(exported.sequence()).isZero();
        assertThat(exported).hasToString("WRITE of holder 2 in slot 0");
        assertThat(exported.deadline().remainingNanos()).isPositive();

        slot.releaseWrite(IMPORTER, true);

        assertThat(exported.signalled()).isTrue();
        assertThat(exported.error()).contains(Errno.EIO);
        exported.await(Duration.ZERO);
        shared.await(Usage.READ, Duration.ZERO);
        slot.tryAcquireRead(IMPORTER, LONG);
        slot.tryAcquireRead(3, LONG);
        assertThat(shared.poll(BOTH)).containsExactly(PollEvent.IN);
        assertThat(shared.info()).extracting(FenceInfo::owner).containsExactly("peer 2", "peer 3", "gpu");
        Fence readers = shared.exportFence(Access.WRITE);
        slot.releaseRead(IMPORTER);
        assertThat(readers.signalled()).isFalse();
        slot.releaseRead(3);
        assertThat(readers.signalled()).isTrue();
        assertThat(readers.error()).isEmpty();
    }

    @Test
    void aFenceThatOthersMustSeeIsHeldInTheSlotUntilItSignals() {
        TimelineFence write = timeline.begin(LONG);
        shared.add(write, Usage.WRITE);
        assertThat(slot.writing()).isTrue();
        assertThat(slot.tryAcquireRead(IMPORTER, LONG)).isFalse();
        assertThat(shared.info()).extracting(FenceInfo::owner).containsExactly("vm0");
        assertErrno(Errno.EBUSY, () -> shared.add(new Timeline("x").begin(LONG), Usage.READ));

        write.signal(Errno.ENODEV);

        assertThat(slot.writing()).isFalse();
        assertThat(slot.writeError()).contains(Errno.ENODEV);
        TimelineFence read = timeline.begin(LONG);
        shared.importFence(read, Access.READ);
        assertThat(slot.readers()).isOne();
        assertErrno(Errno.EBUSY, () -> shared.add(new Timeline("x").begin(LONG), Usage.WRITE));
        read.signal();
        assertThat(slot.readers()).isZero();
    }

    @Test
    void kernelFencesStayTheExportersOwn() {
        TimelineFence move = timeline.begin(LONG);
        shared.add(move, Usage.KERNEL);
        assertThat(slot.writing()).isFalse();
        assertThat(shared.test(Usage.KERNEL)).isFalse();
        move.signal();
        assertThat(shared.test(Usage.KERNEL)).isTrue();
    }

    @Test
    void afterItsCloseALateSignalDoesNotTouchTheNextBuffersFences() {
        TimelineFence late = timeline.begin(LONG);
        shared.add(late, Usage.WRITE);
        shared.close();
        table.free(slot.index());
        FenceSlot next = table.slot(table.allocate());
        assertThat(next.index()).isEqualTo(slot.index());
        assertThat(next.tryAcquireWrite(EXPORTER, LONG)).isTrue();

        late.signal();

        assertThat(next.writing()).isTrue();
    }

    @Test
    void aCallbackHearsOfAnotherProcesssFence() {
        List<Optional<Errno>> heard = new CopyOnWriteArrayList<>();
        slot.tryAcquireWrite(IMPORTER, LONG);
        Fence fence = shared.fences(Usage.WRITE).getFirst();
        fence.onSignalled(heard::add).close();
        fence.onSignalled(heard::add);
        fence.onSignalled(heard::add);
        assertThat(heard).isEmpty();
        slot.abandon(IMPORTER);
        await().until(() -> heard.size() == 2);
        assertThat(heard).containsOnly(Optional.of(Errno.ENODEV));
        fence.onSignalled(heard::add);
        assertThat(heard).hasSize(3);
    }

    @Test
    void whoeverWantsToKnowAgainAfterNobodyDidIsToldToo() throws Exception {
        slot.tryAcquireWrite(IMPORTER, LONG);
        Fence fence = shared.exportFence(Access.READ);
        for (int round = 0; round < 50; round++) {
            fence.onSignalled(_ -> {}).close();
            Thread.yield();
        }
        CompletableFuture<Optional<Errno>> told = new CompletableFuture<>();
        fence.onSignalled(told::complete);
        slot.releaseWrite(IMPORTER, false);
        assertThat(told.get(30, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void anotherProcesssFenceEndsByItsDeadlineOrWithItsTable() {
        slot.tryAcquireWrite(IMPORTER, Duration.ofMillis(1));
        Fence late = shared.exportFence(Access.READ);
        late.await(LONG);
        if (late != Fence.stub()) {
            assertThat(late.error()).contains(Errno.ETIMEDOUT);
        }
        slot.tryAcquireWrite(IMPORTER, LONG);
        Fence orphan = shared.exportFence(Access.READ);
        table.close();
        assertThat(orphan.error()).contains(Errno.ENODEV);
    }

    @Test
    void aWriterThatStartsItsHoldIsTheSameFenceAndItsNextOneIsNot() {
        // What acquireWrite does while readers are there: a claim with a later deadline, renewed when they are gone.
        slot.tryAcquireWrite(IMPORTER, LONG);
        Fence claim = shared.exportFence(Access.READ);
        slot.releaseWrite(IMPORTER, false);
        slot.tryAcquireWrite(IMPORTER, LONG.minusSeconds(10));
        assertThat(claim.signalled()).isFalse();

        slot.releaseWrite(IMPORTER, false);
        slot.tryAcquireWrite(IMPORTER, LONG.plusSeconds(10));
        assertThat(claim.signalled()).isTrue();
        assertThat(claim.error()).isEmpty();
        Fence next = shared.exportFence(Access.READ);
        slot.releaseWrite(IMPORTER, false);
        slot.tryAcquireWrite(3, LONG);
        assertThat(next.signalled()).isTrue();
    }

    @Test
    void waitingForAnotherProcessCanBeInterruptedAndTimesOut() {
        slot.tryAcquireWrite(IMPORTER, LONG);
        Fence fence = shared.exportFence(Access.READ);
        assertErrno(Errno.ETIMEDOUT, () -> fence.await(Duration.ofMillis(1)));
        Thread.currentThread().interrupt();
        assertErrno(Errno.EINTR, () -> fence.await(LONG));
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void manyTimelinesOnOneReservationLeaveNothing() {
        List<TimelineFence> all = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            TimelineFence fence = new Timeline("t" + i).begin(LONG);
            all.add(fence);
            reservation.add(fence, Usage.values()[i % 4]);
        }
        assertThat(reservation.info()).hasSize(1_000);
        all.forEach(TimelineFence::signal);
        assertThat(reservation.info()).isEmpty();
    }
}
