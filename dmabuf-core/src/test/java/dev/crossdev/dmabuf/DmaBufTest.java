package dev.crossdev.dmabuf;

import static dev.crossdev.dmabuf.UuidRegistrationTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DmaBufTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Importer DISPLAY = () -> "display";

    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final RecordingOps ops = new RecordingOps();

    @Test
    void anExportIsListedWithOneReference() {
        DmaBuf buffer = export();

        assertThat(buffer.references()).isOne();
        assertThat(buffer.size()).isEqualTo(4096);
        assertThat(buffer.exporterName()).isEqualTo("heap");
        assertThat(list.size()).isOne();
        assertThat(list.heldBytes()).isEqualTo(4096);
    }

    @Test
    @SuppressWarnings("NullAway") // What a caller without NullAway could do.
    void anExportWithoutOperationsOwnerNameOrSizeIsEinvalAndListsNothing() {
        assertErrno(Errno.EINVAL, () -> new ExportInfo<>(list, "heap", 4096, null));
        assertErrno(Errno.EINVAL, () -> new ExportInfo<>(null, "heap", 4096, ops));
        assertErrno(Errno.EINVAL, () -> new ExportInfo<>(list, " ", 4096, ops));
        assertErrno(Errno.EINVAL, () -> new ExportInfo<>(list, null, 4096, ops));
        assertErrno(Errno.EINVAL, () -> new ExportInfo<>(list, "heap", 0, ops));
        assertErrno(Errno.EINVAL, () -> new ExportInfo<>(list, "heap", -1, ops));
        assertThat(list.size()).isZero();
        assertThat(list.held()).isZero();
    }

    @Test
    void anExportFromAnOwnerThatIsGoingAwayIsEnoent() {
        DmaBuf before = export();
        list.close();

        assertErrno(Errno.ENOENT, this::export);

        assertThat(list.size()).isOne();
        before.put();
        assertThat(list.held()).isZero();
    }

    @Test
    void theLastReferenceReleasesInOrder() {
        DmaBuf buffer = export();
        buffer.get();
        buffer.put();
        assertThat(ops.log).isEmpty();
        ops.onRelease = () -> {
            assertThat(list.size()).as("it has left the list before").isZero();
            assertThat(list.held()).as("it is accounted for until after").isOne();
        };

        buffer.put();

        assertThat(ops.log).containsExactly("release");
        assertThat(list.held()).isZero();
        assertThat(list.heldBytes()).isZero();
        assertThat(violations.total()).isZero();
    }

    @Test
    void aReleasedBufferGivesNoReferencesAndTakesNoDevices() {
        DmaBuf buffer = export();
        buffer.put();

        assertThat(buffer.tryGet()).isFalse();
        assertErrno(Errno.ENOENT, buffer::get);
        assertErrno(Errno.ENOENT, () -> buffer.attach(DISPLAY));
        assertThatIllegalStateException().isThrownBy(buffer::put);
        assertThat(ops.log).containsExactly("release");
    }

    @Test
    void anExporterThatFailsToReleaseIsStillForgotten() {
        ops.onRelease = () -> {
            throw new IllegalArgumentException("on purpose");
        };
        DmaBuf buffer = export();

        assertThatThrownBy(buffer::put).isInstanceOf(IllegalArgumentException.class);
        assertThat(list.held()).isZero();
    }

    @Test
    void attachListsTheDeviceAndTakesNoReference() {
        DmaBuf buffer = export();
        Attachment attachment = buffer.attach(DISPLAY);

        assertThat(buffer.references()).isOne();
        assertThat(buffer.attachments()).containsExactly(attachment);
        assertThat(attachment.buffer()).isSameAs(buffer);
        assertThat(attachment.importer()).isSameAs(DISPLAY);
        buffer.detach(attachment);
        assertThat(buffer.attachments()).isEmpty();
        assertThat(ops.log).containsExactly("attach", "detach");
        assertThat(violations.total()).isZero();
    }

    @Test
    void anExportersRefusalReachesTheDeviceAsItIsAndListsNothing() {
        ErrnoException refusal = new ErrnoException(Errno.EBUSY, "not reachable by this device");
        ops.onAttach = () -> {
            throw refusal;
        };
        DmaBuf buffer = export();

        assertThatThrownBy(() -> buffer.attach(DISPLAY)).isSameAs(refusal);
        assertThat(buffer.attachments()).isEmpty();
        assertThat(buffer.references()).isOne();
        assertThat(ops.log).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // What a caller without NullAway could do.
    void attachWithoutADeviceIsEinval() {
        DmaBuf buffer = export();
        assertErrno(Errno.EINVAL, () -> buffer.attach(null));
    }

    @Test
    void detachOfAnothersAttachmentOrTwiceIsIgnoredAndCounted() {
        DmaBuf one = export();
        DmaBuf two = export();
        Attachment attachment = one.attach(DISPLAY);

        two.detach(attachment);
        assertThat(one.attachments()).containsExactly(attachment);
        assertThat(two.attachments()).isEmpty();
        assertThat(violations.count(Violations.Kind.DETACH_MISMATCH)).isOne();

        one.detach(attachment);
        one.detach(attachment);
        assertThat(violations.count(Violations.Kind.DETACH_MISMATCH)).isEqualTo(2);
        assertThat(ops.log).containsExactly("attach", "detach");
    }

    @Test
    void aReleaseWithAttachmentsIsCounted() {
        DmaBuf buffer = export();
        Attachment attachment = buffer.attach(DISPLAY);
        buffer.put();

        assertThat(violations.count(Violations.Kind.RELEASED_WITH_ATTACHMENTS)).isOne();
        assertThat(ops.log).containsExactly("attach", "release");
        buffer.detach(attachment);
        assertThat(violations.total()).isOne();
    }

    @Test
    void aBufferReleasedWhileADeviceAttachesRefusesItAndTellsTheExporter() {
        DmaBuf buffer = export();
        ops.onAttach = buffer::put;

        assertErrno(Errno.ENOENT, () -> buffer.attach(DISPLAY));
        assertThat(ops.log).containsExactly("release", "attach", "detach");
        assertThat(violations.total()).isZero();
    }

    @Test
    void mappingsAreTheExportersMemoryAndAreCounted() {
        DmaBuf buffer = export();
        Attachment attachment = buffer.attach(DISPLAY);
        MemorySegment first = buffer.map(attachment);
        MemorySegment second = buffer.map(attachment);

        assertThat(first.byteSize()).isEqualTo(4096);
        assertThat(attachment.mapped()).isEqualTo(2);
        buffer.unmap(attachment, first);
        buffer.unmap(attachment, second);
        assertThat(attachment.mapped()).isZero();
        buffer.detach(attachment);
        assertThat(ops.log).containsExactly("attach", "map", "map", "unmap", "unmap", "detach");
        assertThat(violations.total()).isZero();
    }

    @Test
    void anExporterWithNothingToMapIsEnomem() {
        ops.memory = null;
        DmaBuf buffer = export();
        Attachment attachment = buffer.attach(DISPLAY);

        assertErrno(Errno.ENOMEM, () -> buffer.map(attachment));
        assertThat(attachment.mapped()).isZero();
    }

    @Test
    void mappingWithoutBeingAttachedHereIsEinval() {
        DmaBuf one = export();
        DmaBuf two = export();
        Attachment attachment = one.attach(DISPLAY);
        assertErrno(Errno.EINVAL, () -> two.map(attachment));

        one.detach(attachment);
        assertErrno(Errno.EINVAL, () -> one.map(attachment));
        assertThat(ops.log).doesNotContain("map");
    }

    @Test
    void aDetachWhileTheExporterMapsTakesTheMappingBack() {
        DmaBuf buffer = export();
        Attachment attachment = buffer.attach(DISPLAY);
        ops.onMap = () -> buffer.detach(attachment);

        assertErrno(Errno.EINVAL, () -> buffer.map(attachment));
        assertThat(ops.log).containsExactly("attach", "detach", "map", "unmap");
    }

    @Test
    void unmapOfWhatIsNotMappedIsIgnoredAndCounted() {
        DmaBuf one = export();
        DmaBuf two = export();
        Attachment attachment = one.attach(DISPLAY);
        MemorySegment mapping = one.map(attachment);

        one.unmap(attachment, MemorySegment.ofArray(new byte[1]));
        two.unmap(attachment, mapping);
        one.unmap(attachment, mapping);
        one.unmap(attachment, mapping);

        assertThat(violations.count(Violations.Kind.DETACH_MISMATCH)).isEqualTo(3);
        assertThat(ops.log).containsExactly("attach", "map", "unmap");
    }

    @Test
    void detachUnmapsWhatWasLeftMappedAndCountsIt() {
        DmaBuf buffer = export();
        Attachment attachment = buffer.attach(DISPLAY);
        buffer.map(attachment);
        buffer.map(attachment);

        buffer.detach(attachment);

        assertThat(ops.log).containsExactly("attach", "map", "map", "unmap", "unmap", "detach");
        assertThat(violations.count(Violations.Kind.DETACH_MISMATCH)).isOne();
    }

    @Test
    void aNameOfMoreThan31BytesIsEinvalAndRenamingIsAlwaysAllowed() {
        DmaBuf buffer = export();
        assertThat(buffer.name()).isEmpty();
        buffer.setName("x".repeat(31));
        assertErrno(Errno.EINVAL, () -> buffer.setName("x".repeat(32)));
        assertErrno(Errno.EINVAL, () -> buffer.setName("ü".repeat(16)));
        assertThat(buffer.name()).contains("x".repeat(31));

        buffer.attach(DISPLAY);
        buffer.setName("frame 7");
        assertThat(buffer.name()).contains("frame 7");
        assertThat(buffer).hasToString("heap#1 (frame 7)");
    }

    @Test
    void bufinfoShowsWhatAPersonHuntingALeakNeeds() {
        DmaBuf first = export();
        first.setName("frame");
        first.get();
        Attachment mapped = first.attach(DISPLAY);
        first.map(mapped);
        first.attach(() -> "decoder");
        first.attach(() -> "encoder");
        DmaBuf second = export();
        DmaBuf gone = export();
        gone.put();

        List<BufferInfo> infos = list.bufinfo().buffers();

        assertThat(infos).extracting(BufferInfo::id).containsExactly(first.id(), second.id());
        BufferInfo info = infos.getFirst();
        assertThat(info.exporter()).isEqualTo("heap");
        assertThat(info.name()).contains("frame");
        assertThat(info.size()).isEqualTo(4096);
        assertThat(info.references()).isEqualTo(2);
        assertThat(info.registration()).isEmpty();
        assertThat(info.since()).isEqualTo(first.since());
        assertThat(info.attachments())
                .extracting(AttachmentInfo::importer)
                .containsExactly("display", "decoder", "encoder");
        assertThat(info.attachments()).extracting(AttachmentInfo::mapped).containsExactly(1, 0, 0);
        assertThat(infos.get(1).name()).isEmpty();
        assertThat(infos.get(1).attachments()).isEmpty();
    }

    @Test
    void callbacksRunWithNoLockHeldSoTwoThatImportFromEachOtherCannotDeadlock() throws Exception {
        RecordingOps opsOfTwo = new RecordingOps();
        DmaBuf one = export();
        DmaBuf two = DmaBuf.export(new ExportInfo<>(list, "other", 4096, opsOfTwo));
        CountDownLatch bothInside = new CountDownLatch(2);
        // Each attaches to the other's buffer and, inside the callback, to its own.
        ops.onAttach = () -> nested(bothInside, two, opsOfTwo);
        opsOfTwo.onAttach = () -> nested(bothInside, one, ops);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Attachment> first = threads.submit(() -> one.attach(DISPLAY));
            Future<Attachment> second = threads.submit(() -> two.attach(DISPLAY));
            assertThat(first.get(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(second.get(20, TimeUnit.SECONDS)).isNotNull();
        }
        assertThat(one.attachments()).hasSize(2);
        assertThat(two.attachments()).hasSize(2);
    }

    private static void nested(CountDownLatch bothInside, DmaBuf other, RecordingOps othersOps) {
        bothInside.countDown();
        try {
            assertThat(bothInside.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        othersOps.onAttach = () -> {};
        other.attach(() -> "nested");
    }

    @Test
    void tenThousandCyclesLeaveNothing() {
        for (int i = 0; i < 10_000; i++) {
            DmaBuf buffer = export();
            buffer.get();
            Attachment attachment = buffer.attach(DISPLAY);
            buffer.unmap(attachment, buffer.map(attachment));
            buffer.detach(attachment);
            buffer.put();
            buffer.put();
        }
        assertThat(list.size()).isZero();
        assertThat(list.held()).isZero();
        assertThat(list.heldBytes()).isZero();
        assertThat(list.bufinfo().buffers()).isEmpty();
        assertThat(ops.releases).hasValue(10_000);
        assertThat(violations.total()).isZero();
    }

    @Test
    void manyThreadsReleaseOnceAndOnlyOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 500; round++) {
                DmaBuf buffer = export();
                List<Future<?>> all = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    buffer.get();
                    all.add(threads.submit(() -> {
                        Attachment attachment = buffer.attach(DISPLAY);
                        buffer.map(attachment);
                        list.bufinfo();
                        buffer.unmap(attachment, attachmentMapping());
                        buffer.detach(attachment);
                        buffer.put();
                    }));
                }
                buffer.put();
                for (Future<?> future : all) {
                    future.get();
                }
                assertThat(ops.releases).hasValue(round + 1);
            }
        }
        assertThat(list.held()).isZero();
        assertThat(violations.total()).isZero();
    }

    private MemorySegment attachmentMapping() {
        MemorySegment memory = ops.memory;
        if (memory == null) {
            throw new IllegalStateException("no memory");
        }
        return memory;
    }

    private DmaBuf export() {
        return DmaBuf.export(new ExportInfo<>(list, "heap", 4096, ops));
    }

    /** A heap exporter that notes what it is asked. */
    static class RecordingOps implements DmaBufOps {
        final List<String> log = java.util.Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger releases = new AtomicInteger();

        @Nullable
        MemorySegment memory = MemorySegment.ofArray(new byte[4096]);

        volatile Runnable onAttach = () -> {};
        volatile Runnable onMap = () -> {};
        volatile Runnable onRelease = () -> {};

        @Override
        public void attach(DmaBuf buffer, Attachment attachment) {
            onAttach.run();
            log.add("attach");
        }

        @Override
        public void detach(DmaBuf buffer, Attachment attachment) {
            log.add("detach");
        }

        @Override
        public @Nullable MemorySegment map(DmaBuf buffer, Attachment attachment) {
            onMap.run();
            log.add("map");
            return memory;
        }

        @Override
        public void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {
            log.add("unmap");
        }

        @Override
        public void release(DmaBuf buffer) {
            releases.incrementAndGet();
            onRelease.run();
            log.add("release");
        }
    }
}
