package dev.crossdev.gpu.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.Bufinfo;
import dev.crossdev.dmabuf.bufinfo.HolderInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.dmabuf.fence.PollEvent;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.gpu.device.ObjectExport;
import dev.crossdev.gpu.device.ObjectExport.Access;
import dev.crossdev.gpu.device.ObjectExports;
import dev.crossdev.gpu.device.ObjectExports.ExportedMemory;
import dev.crossdev.gpu.device.ObjectExports.Layout;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalObjectsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String GUEST = "a";

    private static final RevokeListener NOBODY = new RevokeListener() {
        @Override
        public void revokeRequested(int attachment) {
            throw new AssertionError("nothing here is guest memory");
        }

        @Override
        public void cutOff() {
            throw new AssertionError("nothing here is guest memory");
        }
    };

    private final AtomicInteger published = new AtomicInteger();
    private final LocalObjects objects =
            new LocalObjects(new ObjectSettings(4, 3, 1 << 20, LONG, LONG), new CountingHandout());
    private final ObjectExports exports = objects.exportsFor(GUEST, "vm0", Violations.ignored());
    private final AtomicInteger released = new AtomicInteger();
    private final SharedMemory memory = SharedMemory.create("test", 4096);

    @AfterEach
    void close() {
        objects.close();
        memory.close();
        assertThat(SharedMemory.live()).isZero();
        assertThat(published).hasValue(0);
    }

    @Test
    void anObjectResolvesFromItsExportUntilItIsWithdrawn() {
        ObjectExport export = export();

        assertThat(objects.find(GUEST, export.uuid())).containsSame((ExportedObject) export);
        assertThat(export.uuid().version()).isEqualTo(4);
        assertThat(export.uuid().variant()).isEqualTo(2);

        export.withdraw();
        export.withdraw();

        assertThat(objects.find(GUEST, export.uuid())).isEmpty();
        assertThat(released).hasValue(1);
        assertThat(objects.fences().allocated()).isZero();
    }

    @Test
    void anotherGuestsObjectIsAsUnknownAsOneThatNeverWas() {
        UUID theirs = export().uuid();
        UUID nobodys = UUID.randomUUID();
        ImporterSession session = objects.open("b", "video", NOBODY);

        assertThat(objects.find("b", theirs)).isEmpty();
        assertThat(objects.list("b")).isEmpty();
        String unknown = message(() -> objects.attach("b", nobodys, "video", "vd0"));
        assertThat(message(() -> objects.attach("b", theirs, "video", "vd0")))
                .isEqualTo(unknown.replace(nobodys.toString(), theirs.toString()));
        session.close();
        objects.list(GUEST).forEach(ExportedObject::withdraw);
    }

    @Test
    void aHoldKeepsTheMemoryAfterTheNameIsGone() {
        ObjectExport export = export();
        ImporterSession session = objects.open(GUEST, "video", NOBODY);
        Hold hold = objects.attach(GUEST, export.uuid(), "video", "vd0");
        assertThat(objects.counts()).containsEntry(ObjectState.ATTACHED, 1);
        assertThat(export.info().orElseThrow().attachments())
                .extracting(AttachmentInfo::importer)
                .containsExactly("video/vd0");

        export.withdraw();

        assertThat(objects.counts()).containsEntry(ObjectState.LINGERING, 1).containsEntry(ObjectState.ATTACHED, 0);
        assertThat(released).hasValue(0);
        assertThat(hold.object().layout().size()).isEqualTo(4096);
        assertThat(objects.attachments()).isEqualTo(1);

        objects.detach(GUEST, "video", hold.attachment());

        assertThat(released).hasValue(1);
        assertThat(objects.attachments()).isZero();
        assertThat(objects.counts().values()).containsOnly(0);
        session.close();
    }

    @Test
    void attachingNeedsASession() {
        ObjectExport export = export();

        assertErrno(Errno.ESTALE, () -> objects.attach(GUEST, export.uuid(), "video", "vd0"));
        ImporterSession session = objects.open(GUEST, "video", NOBODY);
        assertErrno(Errno.ENOENT, () -> objects.attach(GUEST, UUID.randomUUID(), "video", "vd0"));
        session.close();
        assertErrno(Errno.ESTALE, () -> objects.attach(GUEST, export.uuid(), "video", "vd0"));

        assertThat(objects.attachments()).isZero();
        export.withdraw();
        assertThat(released).hasValue(1);
    }

    @Test
    void aNameIsTakenUntilItsSessionEnds() {
        ImporterSession session = objects.open(GUEST, "video", NOBODY);

        assertErrno(Errno.EEXIST, () -> objects.open(GUEST, "video", NOBODY));
        objects.open("b", "video", NOBODY).close();
        session.close();
        session.close();

        objects.open(GUEST, "video", NOBODY).close();
        assertThat(objects.importers()).isZero();
    }

    @Test
    void bufinfoNamesWhoHoldsAnObjectAndWhoIsAtWorkOnIt() {
        ExportedObject object = (ExportedObject) export();
        ImporterSession session = objects.open(GUEST, "video-service", NOBODY);
        Hold hold = objects.attach(GUEST, object.uuid(), "video-service", "vd0");
        assertThat(object.fence().tryAcquireWrite(hold.attachment(), LONG)).isTrue();
        object.withdraw();

        Bufinfo info = objects.bufinfo(GUEST);

        assertThat(info.buffers()).hasSize(1);
        assertThat(info.holders()).extracting(HolderInfo::holder).containsExactly("video-service/vd0");
        assertThat(info.buffers().getFirst().fences())
                .extracting(FenceInfo::usage, FenceInfo::owner)
                .containsExactly(tuple(Usage.WRITE, "video-service/vd0"));
        assertThat(info.buffers().getFirst().registration().flatMap(RegistrationInfo::uuid))
                .contains(object.uuid());
        assertThat(objects.bufinfo("b").buffers()).isEmpty();
        assertThat(object.buffer().poll(EnumSet.allOf(PollEvent.class))).isEmpty();
        session.close();
        assertThat(objects.bufinfo(GUEST).buffers()).isEmpty();
    }

    @Test
    void theEndOfASessionDropsItsHoldsAndFencesAndNobodyElses() {
        ExportedObject object = (ExportedObject) export();
        ImporterSession dying = objects.open(GUEST, "dying", NOBODY);
        ImporterSession living = objects.open(GUEST, "living", NOBODY);
        Hold theirs = objects.attach(GUEST, object.uuid(), "dying", "");
        Hold ours = objects.attach(GUEST, object.uuid(), "living", "");
        assertThat(theirs.attachment()).isNotEqualTo(ours.attachment()).isGreaterThan(ExportedObject.EXPORTER);
        assertThat(object.fence().tryAcquireWrite(theirs.attachment(), LONG)).isTrue();
        assertThat(object.tryBegin(Access.READ, LONG)).isFalse();

        dying.close();

        assertThat(object.fence().writing()).isFalse();
        assertThat(object.fence().writeError()).contains(Errno.ENODEV);
        assertThat(object.holds()).containsExactly(ours);
        assertThat(object.tryBegin(Access.READ, LONG)).isTrue();
        object.end(Access.READ);
        living.close();
        object.withdraw();
        assertThat(released).hasValue(1);
    }

    @Test
    void detachingWhatIsNotAttachedIsNothing() {
        ObjectExport export = export();
        ImporterSession session = objects.open(GUEST, "video", NOBODY);
        ImporterSession other = objects.open(GUEST, "other", NOBODY);
        Hold hold = objects.attach(GUEST, export.uuid(), "video", "");

        objects.detach(GUEST, "video", 12345);
        objects.detach(GUEST, "other", hold.attachment());
        objects.detach("b", "video", hold.attachment());
        objects.detach(GUEST, "nobody", hold.attachment());

        assertThat(objects.attachments()).isEqualTo(1);
        assertErrno(Errno.ENOENT, () -> objects.hold(GUEST, "other", hold.attachment()));
        assertThat(objects.hold(GUEST, "video", hold.attachment())).isSameAs(hold);
        session.close();
        other.close();
        export.withdraw();
    }

    @Test
    void theDeviceKeepsTheObjectWhileItWorksOnIt() {
        ObjectExport export = export();
        assertThat(export.tryBegin(Access.READ, LONG)).isTrue();

        export.withdraw();
        assertThat(released).hasValue(0);

        export.end(Access.READ);
        assertThat(released).hasValue(1);
        assertThat(export.tryBegin(Access.READ, LONG)).isFalse();
        assertErrno(Errno.ENOENT, () -> export.begin(Access.WRITE, LONG, LONG));
        assertThat(released).hasValue(1);
    }

    @Test
    void aWaitThatFailsKeepsNothing() {
        ExportedObject object = (ExportedObject) export();
        object.fence().tryAcquireRead(99, LONG);

        assertErrno(Errno.ETIMEDOUT, () -> object.begin(Access.WRITE, Duration.ofMillis(20), LONG));

        assertThat(object.buffer().references()).isEqualTo(1);
        object.withdraw();
        assertThat(released).hasValue(1);
    }

    @Test
    void limitsRefuseOneTooManyAndAreGivenBack() {
        List<ObjectExport> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(export());
        }
        assertErrno(Errno.ENOMEM, this::export);
        ImporterSession session = objects.open(GUEST, "video", NOBODY);
        for (int i = 0; i < 3; i++) {
            objects.attach(GUEST, all.get(i).uuid(), "video", "");
        }
        assertErrno(Errno.ENOMEM, () -> objects.attach(GUEST, all.get(3).uuid(), "video", ""));

        session.close();
        all.forEach(ObjectExport::withdraw);

        assertThat(released).hasValue(4);
        export().withdraw();
        assertThat(objects.list(GUEST)).isEmpty();
    }

    @Test
    void aUuidThatIsTakenIsNotGivenAgain() {
        UUID first = new UUID(0x1234_5678_9abc_4defL, 0x8000_0000_0000_0001L);
        UUID second = new UUID(0x1234_5678_9abc_4defL, 0x8000_0000_0000_0002L);
        // The first is drawn to warm the generator.
        Iterator<UUID> uuids = List.of(first, first, first, second).iterator();
        LocalObjects broken = new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none(), uuids::next);
        ObjectExports from = broken.exportsFor(GUEST, "vm0", Violations.ignored());

        ObjectExport one = from.export(exported());
        ObjectExport other = from.export(exported());

        assertThat(one.uuid()).isEqualTo(first);
        assertThat(other.uuid()).isEqualTo(second);
        one.withdraw();
        other.withdraw();
        broken.close();
    }

    @Test
    void closingBeforeTheDevicesIsHarmless() {
        ObjectExport export = export();
        ImporterSession session = objects.open(GUEST, "video", NOBODY);
        objects.attach(GUEST, export.uuid(), "video", "");

        objects.close();

        assertErrno(Errno.ENOENT, this::export);
        assertThat(objects.attachments()).isZero();
        export.withdraw();
        assertThat(released).hasValue(1);
        session.close();
    }

    @Test
    void aWatcherSeesWhatIsThenTheMarkerThenChanges() {
        ObjectExport before = export();
        List<String> seen = new ArrayList<>();

        Runnable end = objects.watch(GUEST, event -> seen.add(text(event)));
        ObjectExport after = export();
        objects.exportsFor("b", "vm0", Violations.ignored()).export(exported()).withdraw();
        before.withdraw();
        end.run();
        after.withdraw();

        assertThat(seen).containsExactly("+" + before.uuid(), "synchronized", "+" + after.uuid(), "-" + before.uuid());
    }

    @Test
    void manyThreadsLeaveNothingBehind() throws InterruptedException {
        LocalObjects busy = new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none());
        int threads = 8;
        CountDownLatch done = new CountDownLatch(threads);
        AtomicInteger failures = new AtomicInteger();
        for (int t = 0; t < threads; t++) {
            String name = "importer" + t;
            Thread.ofPlatform().start(() -> {
                try {
                    ObjectExports mine = busy.exportsFor(GUEST, name, Violations.ignored());
                    for (int i = 0; i < 300; i++) {
                        ObjectExport export = mine.export(exported());
                        try (ImporterSession session = busy.open(GUEST, name, NOBODY)) {
                            // Whatever is there, mine or another's, which may go at any moment.
                            for (ExportedObject object : busy.list(GUEST)) {
                                try {
                                    busy.attach(GUEST, object.uuid(), name, "");
                                } catch (ErrnoException e) {
                                    if (e.errno() != Errno.ENOENT) {
                                        throw e;
                                    }
                                }
                            }
                            export.withdraw();
                        }
                    }
                } catch (RuntimeException e) {
                    failures.incrementAndGet();
                } finally {
                    done.countDown();
                }
            });
        }
        done.await();

        assertThat(failures).hasValue(0);
        assertThat(busy.counts().values()).containsOnly(0);
        assertThat(busy.attachments()).isZero();
        assertThat(busy.importers()).isZero();
        assertThat(busy.fences().allocated()).isZero();
        assertThat(released).hasValue(threads * 300);
        busy.close();
    }

    private ObjectExport export() {
        return exports.export(exported());
    }

    private ExportedMemory exported() {
        return new ExportedMemory(
                7,
                List.of(new MemoryPiece(memory, 0, 4096)),
                new Layout(PixelFormat.B8G8R8A8_UNORM, 32, 32, 128, 0, 4096),
                Optional.empty(),
                released::incrementAndGet);
    }

    private static String text(ObjectWatcher.Event event) {
        return switch (event) {
            case ObjectWatcher.Event.Added(ExportedObject object) -> "+" + object.uuid();
            case ObjectWatcher.Event.Synchronized() -> "synchronized";
            case ObjectWatcher.Event.Removed(UUID uuid) -> "-" + uuid;
        };
    }

    private static String message(ThrowingCallable call) {
        List<String> messages = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(ErrnoException.class, e -> {
            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
            messages.add(String.valueOf(e.getMessage()));
        });
        return messages.getFirst();
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    private final class CountingHandout implements MemoryHandout {
        @Override
        public MemoryToken publish(SharedMemory what) {
            published.incrementAndGet();
            return MemoryToken.random();
        }

        @Override
        public void withdraw(MemoryToken token) {
            published.decrementAndGet();
        }

        @Override
        public String socket() {
            return "";
        }
    }
}
