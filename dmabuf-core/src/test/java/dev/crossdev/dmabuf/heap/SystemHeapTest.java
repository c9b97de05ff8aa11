package dev.crossdev.dmabuf.heap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.CpuMapping;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.DynamicImporter;
import dev.crossdev.dmabuf.Importer;
import dev.crossdev.dmabuf.ViolationCounter;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Access;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.dmabuf.fence.PollEvent;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.fence.TimelineFence;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SystemHeapTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Importer STATIC = () -> "display";

    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final SystemHeap heap = new SystemHeap(list);
    private final long liveBefore = SharedMemory.live();

    /** Follows: gives its mapping back when it is told, and maps again when the kernel is done. */
    private static final class Follower implements DynamicImporter {
        private final List<Attachment> told = new CopyOnWriteArrayList<>();
        private volatile Runnable onMove = () -> {};

        @Override
        public String importerName() {
            return "decoder";
        }

        @Override
        public void moveNotify(Attachment attachment) {
            told.add(attachment);
            onMove.run();
        }
    }

    @AfterEach
    void nothingIsLeft() {
        heap.close();
        assertThat(list.held()).isZero();
        assertThat(heap.live()).isZero();
        await().until(() -> SharedMemory.live() == liveBefore);
        assertThat(violations.total()).isZero();
    }

    @Test
    void itsBuffersAreZeroedWholePagesAndNotVirtio() {
        DmaBuf buffer = heap.allocate(5000);

        assertThat(buffer.size()).isEqualTo(8192);
        assertThat(buffer.exporterName()).isEqualTo("system");
        assertThat(VirtioDmaBuf.upcast(buffer)).isEmpty();
        assertErrno(Errno.EINVAL, () -> VirtioDmaBuf.uuidOf(buffer, LONG));
        assertThat(heap.live()).isOne();
        try (CpuMapping all = buffer.mmap(0, 8192)) {
            assertThat(all.segment().mismatch(MemorySegment.ofArray(new byte[8192])))
                    .isEqualTo(-1);
        }
        buffer.put();
    }

    @Test
    void aSizeThatIsNotPositiveIsEinvalAndAnOwnerThatIsGoingAwayLeavesNothing() {
        assertErrno(Errno.EINVAL, () -> heap.allocate(0));
        assertErrno(Errno.EINVAL, () -> heap.allocate(-1));
        list.close();
        assertErrno(Errno.ENOENT, () -> heap.allocate(1));
    }

    @Test
    void allMappingsAreOfTheSameBytes() {
        DmaBuf buffer = heap.allocate(8192);
        Attachment attachment = buffer.attach(STATIC);
        MemorySegment mapped = buffer.map(attachment);
        MemorySegment vmapped = buffer.vmap();
        try (CpuMapping second = buffer.mmap(4096, 4096);
                SharedMemory elsewhere = heap.memory(buffer)) {
            mapped.set(JAVA_INT, 4096, 42);
            assertThat(vmapped.get(JAVA_INT, 4096)).isEqualTo(42);
            assertThat(second.segment().get(JAVA_INT, 0)).isEqualTo(42);
            assertThat(second.segment().byteSize()).isEqualTo(4096);
            assertThat(second.buffer()).isSameAs(buffer);
            assertThat(elsewhere.segment().get(JAVA_INT, 4096)).isEqualTo(42);
            assertThat(buffer.cpuMappings()).isEqualTo(2);
        }
        buffer.vunmap(vmapped);
        buffer.unmap(attachment, mapped);
        buffer.detach(attachment);
        buffer.put();
    }

    @Test
    void anMmapKeepsTheBufferUntilItIsClosed() {
        DmaBuf buffer = heap.allocate(4096);
        CpuMapping mapping = buffer.mmap(0, 4096);
        buffer.put();
        assertThat(list.size()).isOne();
        mapping.segment().set(JAVA_BYTE, 0, (byte) 1);

        mapping.close();
        mapping.close();

        assertThat(list.size()).isZero();
        assertThatIllegalStateException()
                .as("never a fault")
                .isThrownBy(() -> mapping.segment().get(JAVA_BYTE, 0));
    }

    @Test
    void mmapRangesAreChecked() {
        DmaBuf buffer = heap.allocate(8192);

        buffer.mmap(4096, 4096).close();
        buffer.mmap(0, 1).close();
        assertErrno(Errno.EINVAL, () -> buffer.mmap(0, 8192 + 4096));
        assertErrno(Errno.EINVAL, () -> buffer.mmap(4096, 4097));
        assertErrno(Errno.EINVAL, () -> buffer.mmap(8192, 4096));
        assertErrno(Errno.EINVAL, () -> buffer.mmap(1, 1));
        assertErrno(Errno.EINVAL, () -> buffer.mmap(0, 0));
        assertErrno(Errno.EINVAL, () -> buffer.mmap(0, -1));
        assertErrno(Errno.EINVAL, () -> buffer.mmap(Long.MIN_VALUE, 4096));
        assertErrno(Errno.EOVERFLOW, () -> buffer.mmap(-4096, 8192));
        assertErrno(Errno.EOVERFLOW, () -> buffer.mmap(-4096, 4096));
        assertThat(buffer.references()).isOne();
        buffer.put();
        assertErrno(Errno.ENOENT, () -> buffer.mmap(0, 4096));
    }

    @Test
    void aMoveTellsDynamicDevicesAndTheBytesGoAlong() {
        DmaBuf buffer = heap.allocate(4096);
        Follower follower = new Follower();
        Attachment attachment = buffer.attach(follower);
        MemorySegment before = buffer.map(attachment);
        List<MemorySegment> mappings = new ArrayList<>(List.of(before));
        before.set(JAVA_INT, 0, 7);
        follower.onMove = () -> {
            assertThat(buffer.reservation().test(Usage.KERNEL)).isFalse();
            assertThat(buffer.poll(EnumSet.allOf(PollEvent.class))).isEmpty();
            assertThat(before.get(JAVA_INT, 0)).as("what is mapped stays valid").isEqualTo(7);
            buffer.unmap(attachment, before);
            mappings.add(buffer.map(attachment));
        };

        heap.move(buffer, LONG);

        assertThat(follower.told).containsExactly(attachment);
        assertThat(buffer.reservation().test(Usage.BOOKKEEP)).isTrue();
        MemorySegment after = mappings.getLast();
        assertThat(after).isNotEqualTo(before);
        assertThat(after.get(JAVA_INT, 0)).isEqualTo(7);
        buffer.unmap(attachment, after);
        buffer.detach(attachment);
        buffer.put();
    }

    @Test
    void whatADynamicDeviceHadUnderWayWhenItWasToldIsInTheCopy() throws Exception {
        DmaBuf buffer = heap.allocate(4096);
        Follower follower = new Follower();
        Attachment attachment = buffer.attach(follower);
        MemorySegment old = buffer.map(attachment);
        List<TimelineFence> work = new CopyOnWriteArrayList<>();
        follower.onMove = () -> {
            TimelineFence begun = new Timeline("decoder").begin(LONG);
            buffer.reservation().add(begun, Usage.WRITE);
            work.add(begun);
        };
        Thread mover = Thread.ofVirtual().start(() -> heap.move(buffer, LONG));
        await().until(() -> !work.isEmpty() && work.getFirst().waiters() == 1);
        mover.interrupt();
        old.set(JAVA_INT, 0, 99);
        work.getFirst().signal();
        assertThat(mover.join(LONG)).isTrue();

        MemorySegment now = buffer.map(attachment);
        assertThat(now.get(JAVA_INT, 0)).isEqualTo(99);
        buffer.unmap(attachment, old);
        buffer.unmap(attachment, now);
        buffer.detach(attachment);
        buffer.put();
    }

    @Test
    void aStaticDevicesMappingPinsAndADynamicOnesPinDoes() {
        DmaBuf buffer = heap.allocate(4096);
        Attachment fixed = buffer.attach(STATIC);
        Attachment follower = buffer.attach(new Follower());
        assertThat(fixed.dynamic()).isFalse();
        assertThat(follower.dynamic()).isTrue();

        MemorySegment mapping = buffer.map(fixed);
        assertThat(fixed.pinned()).isOne();
        assertErrno(Errno.EBUSY, () -> heap.move(buffer, LONG));
        buffer.unmap(fixed, mapping);
        assertThat(fixed.pinned()).isZero();
        heap.move(buffer, LONG);
        buffer.pin(follower);
        assertErrno(Errno.EBUSY, () -> heap.move(buffer, LONG));
        assertErrno(Errno.EINVAL, () -> buffer.pin(fixed));
        buffer.unpin(follower);
        heap.move(buffer, LONG);

        MemorySegment dynamic = buffer.map(follower);
        assertThat(follower.pinned()).isZero();
        buffer.unmap(follower, dynamic);
        buffer.detach(fixed);
        buffer.detach(follower);
        assertErrno(Errno.EINVAL, () -> buffer.pin(follower));
        buffer.put();
    }

    @Test
    void whatTheCpuHasMappedDoesNotMove() {
        DmaBuf buffer = heap.allocate(4096);
        MemorySegment vmapped = buffer.vmap();
        assertErrno(Errno.EBUSY, () -> heap.move(buffer, LONG));
        buffer.vunmap(vmapped);
        try (CpuMapping _ = buffer.mmap(0, 4096)) {
            assertErrno(Errno.EBUSY, () -> heap.move(buffer, LONG));
        }
        heap.move(buffer, LONG);
        assertThat(buffer.reservation().test(Usage.BOOKKEEP)).isTrue();
        buffer.put();
    }

    @Test
    void aMoveWaitsForWorkUnderWayAndGivesUpInTimeWithoutAnEffect() {
        DmaBuf buffer = heap.allocate(4096);
        Follower follower = new Follower();
        Attachment attachment = buffer.attach(follower);
        TimelineFence audit = new Timeline("audit").begin(LONG);
        buffer.reservation().add(audit, Usage.BOOKKEEP);

        assertErrno(Errno.ETIMEDOUT, () -> heap.move(buffer, Duration.ZERO));

        assertThat(follower.told).isEmpty();
        audit.signal();
        heap.move(buffer, Duration.ZERO);
        assertThat(follower.told).hasSize(1);
        buffer.detach(attachment);
        buffer.put();
    }

    @Test
    void aDeviceThatCannotBeToldStopsNoOther() {
        DmaBuf buffer = heap.allocate(4096);
        Follower failing = new Follower();
        failing.onMove = () -> {
            throw new IllegalStateException("on purpose");
        };
        Follower other = new Follower();
        List<Attachment> all = List.of(buffer.attach(failing), buffer.attach(STATIC), buffer.attach(other));

        heap.move(buffer, LONG);

        assertThat(other.told).hasSize(1);
        all.forEach(buffer::detach);
        buffer.put();
    }

    @Test
    void aStaticDeviceMapsOnlyWhatTheKernelIsDoneWith() throws Exception {
        DmaBuf buffer = heap.allocate(4096);
        Attachment fixed = buffer.attach(STATIC);
        TimelineFence clearing = new Timeline("kernel").begin(LONG);
        buffer.reservation().add(clearing, Usage.KERNEL);
        Attachment follower = buffer.attach(new Follower());
        buffer.unmap(follower, buffer.map(follower));
        List<MemorySegment> got = new CopyOnWriteArrayList<>();
        Thread mapper = Thread.ofVirtual().start(() -> got.add(buffer.map(fixed)));
        await().until(() -> clearing.waiters() == 1);
        assertThat(got).isEmpty();
        clearing.signal();
        assertThat(mapper.join(LONG)).isTrue();
        buffer.unmap(fixed, got.getFirst());

        buffer.reservation().add(new Timeline("kernel").begin(LONG), Usage.KERNEL);
        Thread.currentThread().interrupt();
        assertErrno(Errno.EINTR, () -> buffer.map(fixed));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(fixed.mapped()).isZero();
        assertThat(fixed.pinned()).isZero();
        buffer.detach(fixed);
        buffer.detach(follower);
        buffer.put();
    }

    @Test
    void cpuAccessWaitsForTheFencesThatConcernIt() {
        DmaBuf buffer = heap.allocate(4096);
        TimelineFence read = new Timeline("display").begin(LONG);
        buffer.reservation().add(read, Usage.READ);

        buffer.beginCpuAccess(Access.READ, Duration.ZERO);
        buffer.endCpuAccess(Access.READ);
        assertErrno(Errno.ETIMEDOUT, () -> buffer.beginCpuAccess(Access.WRITE, Duration.ZERO));
        assertErrno(Errno.ETIMEDOUT, () -> buffer.beginCpuAccess(Access.READ_WRITE, Duration.ZERO));
        assertThat(list.bufinfo().buffers().getFirst().fences())
                .extracting(FenceInfo::owner)
                .containsExactly("display");
        read.signal();
        buffer.beginCpuAccess(Access.READ_WRITE, Duration.ZERO);
        buffer.endCpuAccess(Access.READ_WRITE);
        buffer.put();
    }

    @Test
    void anotherExportersBufferIsNotMoved() {
        DmaBuf buffer = heap.allocate(4096);
        try (SystemHeap other = new SystemHeap(list)) {
            assertErrno(Errno.EINVAL, () -> other.move(buffer, LONG));
            assertErrno(Errno.EINVAL, () -> other.memory(buffer));
        }
        heap.close();
        assertErrno(Errno.ENODEV, () -> heap.move(buffer, LONG));
        buffer.put();
    }

    @Test
    void movesAndMappingsRaceWithoutLosingAByte() throws Exception {
        DmaBuf buffer = heap.allocate(4096);
        try (CpuMapping first = buffer.mmap(0, 4)) {
            first.segment().set(JAVA_INT, 0, 4711);
        }
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Importer importer = t == 0 ? new Follower() : STATIC;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 300; i++) {
                        Attachment attachment = buffer.attach(importer);
                        MemorySegment mapping = buffer.map(attachment);
                        buffer.reservation().await(Usage.KERNEL, LONG);
                        assertThat(mapping.get(JAVA_INT, 0)).isEqualTo(4711);
                        buffer.unmap(attachment, mapping);
                        buffer.detach(attachment);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        int moved = 0;
        while (threads.stream().anyMatch(Thread::isAlive) || moved == 0) {
            try {
                heap.move(buffer, LONG);
                moved++;
            } catch (ErrnoException e) {
                assertThat(e.errno()).isEqualTo(Errno.EBUSY);
            }
        }
        assertThat(failures).isEmpty();
        buffer.put();
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(call)
                .extracting(ErrnoException::errno)
                .isEqualTo(errno);
    }
}
