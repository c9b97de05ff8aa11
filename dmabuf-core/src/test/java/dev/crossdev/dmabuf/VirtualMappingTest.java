package dev.crossdev.dmabuf;

import static dev.crossdev.dmabuf.UuidRegistrationTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Access;
import dev.crossdev.dmabuf.fence.PollEvent;
import dev.crossdev.dmabuf.fence.Reservation;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.fence.TimelineFence;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VirtualMappingTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final VmapOps ops = new VmapOps();

    private static final class VmapOps extends DmaBufTest.RecordingOps {
        private volatile Runnable onVmap = () -> {};

        @Override
        public @Nullable MemorySegment vmap(DmaBuf buffer) {
            onVmap.run();
            log.add("vmap");
            return memory;
        }

        @Override
        public void vunmap(DmaBuf buffer, MemorySegment mapping) {
            log.add("vunmap");
        }

        @Override
        public void beginCpuAccess(DmaBuf buffer, Access access) {
            log.add("begin " + access);
        }

        @Override
        public void endCpuAccess(DmaBuf buffer, Access access) {
            log.add("end " + access);
        }
    }

    @Test
    void theExporterIsAskedOnceAndToldOnceHoweverOftenItIsMapped() {
        DmaBuf buffer = export(ops);
        MemorySegment first = buffer.vmap();
        MemorySegment second = buffer.vmap();
        assertThat(second).isEqualTo(first);
        assertThat(buffer.cpuMappings()).isOne();
        buffer.vunmap(second);
        assertThat(ops.log).containsExactly("vmap");
        buffer.vunmap(first);
        assertThat(ops.log).containsExactly("vmap", "vunmap");
        assertThat(buffer.cpuMappings()).isZero();
        buffer.vunmap(buffer.vmap());
        buffer.put();
        assertThat(violations.total()).isZero();
    }

    @Test
    void vunmapBelowZeroOrOfSomethingElseIsABug() {
        DmaBuf buffer = export(ops);
        MemorySegment mapping = buffer.vmap();
        assertThatIllegalStateException().isThrownBy(() -> buffer.vunmap(MemorySegment.ofArray(new byte[1])));
        buffer.vunmap(mapping);
        assertThatIllegalStateException().isThrownBy(() -> buffer.vunmap(mapping));
    }

    @Test
    void anExporterWithoutItIsEinvalAndOneWithoutMemoryEnomem() {
        DmaBuf without = export(new DmaBufTest.RecordingOps());
        assertErrno(Errno.EINVAL, without::vmap);
        assertErrno(Errno.EINVAL, () -> without.mmap(0, 4096));
        assertThat(without.references()).isOne();
        ops.memory = null;
        assertErrno(Errno.ENOMEM, export(ops)::vmap);
        assertThat(ops.log).containsExactly("vmap");
    }

    @Test
    void anExportersRefusalReachesTheDriverAndTheNextOneIsAskedAgain() {
        ErrnoException refusal = new ErrnoException(Errno.EBUSY, "later");
        ops.onVmap = () -> {
            throw refusal;
        };
        DmaBuf buffer = export(ops);
        assertThatThrownBy(buffer::vmap).isSameAs(refusal);
        ops.onVmap = () -> {};
        buffer.vunmap(buffer.vmap());
    }

    @Test
    void anExporterThatNeedsItsOwnMappingToMakeItIsEbusyAndDoesNotHang() {
        DmaBuf buffer = export(ops);
        ops.onVmap = buffer::vmap;
        assertErrno(Errno.EBUSY, buffer::vmap);
        assertThat(buffer.cpuMappings()).isZero();
    }

    @Test
    void twoExportersThatNeedEachOthersMappingEndInEbusy() throws Exception {
        VmapOps other = new VmapOps();
        VirtualMapping one = new VirtualMapping(export(ops), ops, Duration.ofMillis(50));
        VirtualMapping two = new VirtualMapping(export(other), other, Duration.ofMillis(50));
        CountDownLatch bothInside = new CountDownLatch(2);
        ops.onVmap = () -> meet(bothInside, two);
        other.onVmap = () -> meet(bothInside, one);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<String>> outcomes =
                    List.of(threads.submit(() -> outcome(one)), threads.submit(() -> outcome(two)));
            for (Future<String> each : outcomes) {
                assertThat(each.get()).isIn("mapped", "EBUSY");
            }
            assertThat(outcomes).anyMatch(each -> each.resultNow().equals("EBUSY"));
        }
    }

    private static void meet(CountDownLatch bothInside, VirtualMapping other) {
        bothInside.countDown();
        try {
            bothInside.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        other.get();
    }

    private static String outcome(VirtualMapping mapping) {
        try {
            mapping.get();
            return "mapped";
        } catch (ErrnoException e) {
            return e.errno().name();
        }
    }

    @Test
    void whoeverComesMeanwhileWaitsForTheExportersAnswerAndCanBeInterrupted() throws Exception {
        DmaBuf buffer = export(ops);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ops.onVmap = () -> {
            inside.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        List<MemorySegment> got = new CopyOnWriteArrayList<>();
        Thread first = Thread.ofVirtual().start(() -> got.add(buffer.vmap()));
        inside.await();
        Thread second = Thread.ofVirtual().start(() -> got.add(buffer.vmap()));
        Thread.currentThread().interrupt();
        assertErrno(Errno.EINTR, buffer::vmap);
        assertThat(Thread.interrupted()).isTrue();
        go.countDown();
        assertThat(first.join(LONG)).isTrue();
        assertThat(second.join(LONG)).isTrue();
        assertThat(got).hasSize(2);
        assertThat(ops.log).containsExactly("vmap");
    }

    @Test
    void manyThreadsShareOneMapping() throws Exception {
        DmaBuf buffer = export(ops);
        AtomicInteger live = new AtomicInteger();
        ops.onVmap = () -> assertThat(live.incrementAndGet()).isOne();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 2_000; i++) {
                        MemorySegment mapping = buffer.vmap();
                        if (ops.log.size() % 2 == 1) {
                            live.set(0);
                        }
                        buffer.vunmap(mapping);
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertThat(buffer.cpuMappings()).isZero();
        assertThat(ops.log.size() % 2).isZero();
        for (int i = 0; i < ops.log.size(); i++) {
            assertThat(ops.log.get(i)).isEqualTo(i % 2 == 0 ? "vmap" : "vunmap");
        }
    }

    @Test
    void aReleaseWhileItIsVmappedIsCountedAndTheMappingTakenBackBefore() {
        DmaBuf buffer = export(ops);
        buffer.vmap();
        buffer.vmap();
        buffer.put();
        assertThat(violations.count(Violations.Kind.RELEASED_WHILE_VMAPPED)).isOne();
        assertThat(ops.log).containsExactly("vmap", "vunmap", "release");
    }

    @Test
    void theExporterHearsOfCpuAccessBeforeFencesAreWaitedFor() {
        DmaBuf buffer = export(ops);
        buffer.reservation().add(new Timeline("decoder").begin(LONG), Usage.WRITE);
        assertErrno(Errno.ETIMEDOUT, () -> buffer.beginCpuAccess(Access.READ, Duration.ZERO));
        buffer.endCpuAccess(Access.READ);
        assertThat(ops.log).containsExactly("begin READ", "end READ");
    }

    @Test
    void anArmedPollHoldsTheBufferUntilItFiresOrIsTakenBack() {
        DmaBuf buffer = export(ops);
        TimelineFence write = new Timeline("decoder").begin(LONG);
        buffer.reservation().add(write, Usage.WRITE);
        AtomicInteger fired = new AtomicInteger();
        Subscription in = buffer.onReady(PollEvent.IN, fired::incrementAndGet);
        Subscription out = buffer.onReady(PollEvent.OUT, fired::incrementAndGet);
        assertThat(buffer.references()).isEqualTo(3);
        out.close();
        out.close();
        assertThat(buffer.references()).isEqualTo(2);
        buffer.put();
        assertThat(list.size()).isOne();

        write.signal();

        assertThat(fired).hasValue(1);
        assertThat(list.size()).isZero();
        in.close();
        assertErrno(Errno.ENOENT, () -> buffer.onReady(PollEvent.IN, fired::incrementAndGet));
    }

    @Test
    void theBuffersOwnReservationEndsWithItAfterTheExporterAndASuppliedOneDoesNot() {
        DmaBuf own = export(ops);
        TimelineFence fence = new Timeline("decoder").begin(LONG);
        own.reservation().add(fence, Usage.BOOKKEEP);
        ops.onRelease = () -> assertThat(own.reservation().test(Usage.BOOKKEEP)).isFalse();
        own.put();
        assertThat(own.reservation().test(Usage.BOOKKEEP)).isTrue();
        ops.onRelease = () -> {};

        Reservation supplied = new Reservation();
        DmaBuf buffer = DmaBuf.export(new ExportInfo<>(list, "drm", 4096, ops, Optional.of(supplied)));
        assertThat(buffer.reservation()).isSameAs(supplied);
        supplied.add(fence, Usage.WRITE);
        buffer.put();
        assertThat(supplied.test(Usage.WRITE)).isFalse();
    }

    @Test
    void aDetachTakesBackPinsAndCountsThem() {
        AtomicInteger pins = new AtomicInteger();
        class Pinnable extends DmaBufTest.RecordingOps implements PinOps {
            private Runnable onPin = () -> {};

            @Override
            public void pin(DmaBuf buffer, Attachment attachment) {
                pins.incrementAndGet();
                onPin.run();
            }

            @Override
            public void unpin(DmaBuf buffer, Attachment attachment) {
                pins.decrementAndGet();
            }
        }
        DynamicImporter dynamic = new DynamicImporter() {
            @Override
            public String importerName() {
                return "dynamic";
            }

            @Override
            public void moveNotify(Attachment attachment) {}
        };
        Pinnable pinnable = new Pinnable();
        DmaBuf buffer = export(pinnable);
        Attachment first = buffer.attach(dynamic);
        Attachment second = buffer.attach(() -> "static");
        buffer.pin(first);
        buffer.map(second);
        assertThat(pins).hasValue(2);
        assertThat(list.bufinfo().buffers().getFirst().attachments())
                .extracting(AttachmentInfo::pinned)
                .containsExactly(1, 1);

        buffer.detach(first);
        buffer.detach(second);

        assertThat(pins).hasValue(0);
        assertThat(violations.count(Violations.Kind.DETACH_MISMATCH)).isEqualTo(2);
        buffer.unpin(first);
        export(pinnable).unpin(first);
        assertThat(violations.count(Violations.Kind.DETACH_MISMATCH)).isEqualTo(4);
        assertThat(pins).hasValue(0);

        Attachment third = buffer.attach(() -> "static");
        pinnable.onMap = () -> buffer.detach(third);
        assertErrno(Errno.EINVAL, () -> buffer.map(third));
        assertThat(pins).hasValue(0);
        Attachment leaving = buffer.attach(dynamic);
        pinnable.onPin = () -> buffer.detach(leaving);
        assertErrno(Errno.EINVAL, () -> buffer.pin(leaving));
        assertThat(leaving.pinned()).isZero();
        assertThat(pins).hasValue(0);
        DmaBuf unpinnable = export(ops);
        Attachment fourth = unpinnable.attach(dynamic);
        unpinnable.pin(fourth);
        assertThat(fourth.pinned())
                .as("a buffer that cannot move is pinned by being there")
                .isOne();
        unpinnable.unpin(fourth);
    }

    @Test
    void whoeverLooksLastReleasesTheBuffer() {
        DmaBuf buffer = export(ops);
        AtomicInteger looks = new AtomicInteger();
        buffer.attach(() -> {
            if (looks.getAndIncrement() == 0) {
                buffer.put();
            }
            return "display";
        });
        assertThat(list.bufinfo().buffers()).hasSize(1);
        await().until(() -> ops.log.contains("release"));
        assertThat(list.bufinfo().buffers()).isEmpty();
    }

    private DmaBuf export(DmaBufOps how) {
        return DmaBuf.export(new ExportInfo<>(list, "heap", 4096, how));
    }
}
