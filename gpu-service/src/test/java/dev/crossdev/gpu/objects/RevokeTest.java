package dev.crossdev.gpu.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.gpu.device.GpuDevice;
import dev.crossdev.gpu.device.GpuSettings;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreateBlob;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceDetachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.SharedGuestMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Guest memory that goes away under its importers: a command that takes it is answered when nobody can touch it. */
class RevokeTest {
    private static final String GUEST = "a";
    private static final long ADDRESS = 0x1000;
    private static final int BYTES = 8192;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final LocalObjects objects = new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none());
    private final SharedGuestMemory memory =
            SharedGuestMemory.create("test guest", List.of(new MemoryRegion(ADDRESS, 1 << 20)));
    private GpuDevice device = device(LONG);

    @AfterEach
    void close() {
        device.close();
        objects.close();
        memory.close();
        assertThat(objects.attachments()).isZero();
        assertThat(objects.counts().values()).containsOnly(0);
    }

    @Test
    void withoutImportersNobodyWaits() {
        UUID uuid = blob(1);

        assertThat(submit(new ResourceUnref(1))).isDone();
        assertThat(objects.find(GUEST, uuid)).isEmpty();
        assertThat(violations).isEmpty();
    }

    @Test
    void unrefIsAnsweredWhenTheLastImporterHasAcknowledged() {
        UUID uuid = blob(1);
        Importer first = new Importer("first");
        Importer second = new Importer("second");
        int one = first.attach(uuid);
        int two = second.attach(uuid);

        CompletableFuture<GpuReply> unref = submit(new ResourceUnref(1));
        CompletableFuture<GpuReply> behind = submit(new ResourceAssignUuid(1));
        assertThat(first.asked).containsExactly(one);
        assertThat(second.asked).containsExactly(two);
        assertThat(objects.find(GUEST, uuid)).as("it resolves no more").isEmpty();

        first.session.release(one);
        assertThat(unref).isNotDone();
        second.session.release(two);

        assertThat(code(unref)).isEqualTo(GpuResult.OK_NODATA);
        assertThat(code(behind)).as("in order").isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
        assertThat(violations).isEmpty();
    }

    @Test
    void detachBackingWaitsTheSameWayAndTheBlobStays() {
        UUID uuid = blob(1);
        Importer importer = new Importer("video");
        int attachment = importer.attach(uuid);

        CompletableFuture<GpuReply> detach = submit(new ResourceDetachBacking(1));
        assertThat(detach).isNotDone();
        importer.session.release(attachment);

        assertThat(code(detach)).isEqualTo(GpuResult.OK_NODATA);
        assertThat(device.usage().resources()).isOne();
    }

    @Test
    void anImporterThatDiesHasLetGo() {
        UUID uuid = blob(1);
        Importer importer = new Importer("video");
        importer.attach(uuid);

        CompletableFuture<GpuReply> unref = submit(new ResourceUnref(1));
        importer.session.close();

        assertThat(code(unref)).isEqualTo(GpuResult.OK_NODATA);
        assertThat(violations).isEmpty();
    }

    @Test
    void anImporterThatStaysSilentIsCutOffAndCounted() {
        device.close();
        device = device(SHORT);
        UUID uuid = blob(1);
        UUID other = blob(2);
        Importer silent = new Importer("silent");
        silent.attach(uuid);
        silent.attach(other);

        assertThat(code(submit(new ResourceUnref(1)))).isEqualTo(GpuResult.OK_NODATA);

        assertThat(violations).singleElement().asString().contains("REVOKE_NOT_ACKNOWLEDGED", "silent");
        assertThat(silent.cutOff).as("all that it holds falls").succeedsWithin(Duration.ofSeconds(10));
        assertThat(objects.attachments()).isZero();
        assertThat(objects.find(GUEST, other)).as("others' objects go on").isPresent();
        assertThatThrownBy(() -> silent.attach(other))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
    }

    @Test
    void aResetAsksForAllBlobsAtOnceAndReturnsWhenAllAreLetGo() {
        Importer importer = new Importer("video");
        List<Integer> attachments =
                List.of(importer.attach(blob(1)), importer.attach(blob(2)), importer.attach(blob(3)));

        CompletableFuture<Void> reset = CompletableFuture.runAsync(device::reset, Thread::startVirtualThread);
        await().until(() -> importer.asked.size() == 3);
        assertThat(importer.asked).containsExactlyInAnyOrderElementsOf(attachments);
        attachments.subList(0, 2).forEach(importer.session::release);
        assertThat(reset).isNotDone();
        importer.session.release(attachments.getLast());

        assertThat(reset.orTimeout(10, TimeUnit.SECONDS)).succeedsWithin(Duration.ofSeconds(10));
        assertThat(device.usage().resources()).isZero();
    }

    @Test
    void aResetEndsACommandThatWaitsForImportersAndWaitsForThemItself() {
        UUID uuid = blob(1);
        Importer importer = new Importer("video");
        int attachment = importer.attach(uuid);
        CompletableFuture<GpuReply> unref = submit(new ResourceUnref(1));

        CompletableFuture<Void> reset = CompletableFuture.runAsync(device::reset, Thread::startVirtualThread);
        await().until(() -> device.pending() == 0);
        assertThat(reset).isNotDone();
        importer.session.release(attachment);

        assertThat(reset).succeedsWithin(Duration.ofSeconds(10));
        assertThat(unref).as("a reset drops what is pending").isNotDone();
    }

    @Test
    void onceRevokedNothingCanBeTakenHoldOfReadOrWritten() {
        UUID uuid = blob(1);
        Importer importer = new Importer("video");
        int attachment = importer.attach(uuid);
        ExportedObject object = objects.find(GUEST, uuid).orElseThrow();
        object.write(List.of(new Patch(4096, MemorySegment.ofArray(new byte[] {1, 2}))));
        assertThat(memory.read(ADDRESS + 4096, 2)).containsExactly(1, 2);

        CompletableFuture<GpuReply> unref = submit(new ResourceUnref(1));

        assertThatThrownBy(() -> object.read(0, MemorySegment.ofArray(new byte[1])))
                .isInstanceOf(ErrnoException.class);
        assertThatThrownBy(() -> object.write(List.of(new Patch(0, MemorySegment.ofArray(new byte[1])))))
                .isInstanceOf(ErrnoException.class);
        assertThatThrownBy(() -> importer.attach(uuid)).isInstanceOf(ErrnoException.class);
        importer.session.release(attachment);
        assertThat(code(unref)).isEqualTo(GpuResult.OK_NODATA);
    }

    @Test
    void otherDevicesGoOnWhileOneWaits() {
        UUID uuid = blob(1);
        Importer importer = new Importer("video");
        int attachment = importer.attach(uuid);
        GpuDevice neighbour = new GpuDevice(
                GpuDevice.OFFERED, memory, objects.exportsFor(GUEST, "vm1", (_, _) -> {}), settings(LONG), () -> {});
        CompletableFuture<GpuReply> unref = submit(new ResourceUnref(1));

        CompletableFuture<GpuReply> reply = new CompletableFuture<>();
        neighbour.submit(GpuRequest.of(create(1)), reply::complete);

        assertThat(code(reply)).isEqualTo(GpuResult.OK_NODATA);
        assertThat(unref).isNotDone();
        importer.session.release(attachment);
        neighbour.close();
    }

    private GpuDevice device(Duration revokeWait) {
        Violations noted = (kind, detail) -> violations.add(kind + " " + detail);
        return new GpuDevice(
                GpuDevice.OFFERED, memory, objects.exportsFor(GUEST, "vm0", noted), settings(revokeWait), () -> {});
    }

    private static GpuSettings settings(Duration revokeWait) {
        return GpuSettings.DEFAULT.withRevokeWait(revokeWait);
    }

    private static GpuCommand create(int id) {
        return new ResourceCreateBlob(
                id,
                BlobMem.GUEST,
                BlobMem.FLAG_USE_CROSS_DEVICE,
                0,
                BYTES,
                List.of(new MemEntry(ADDRESS + (long) id * BYTES, BYTES / 2), new MemEntry(ADDRESS + 4096, BYTES / 2)));
    }

    private UUID blob(int id) {
        assertThat(code(submit(create(id)))).isEqualTo(GpuResult.OK_NODATA);
        GpuResponse response = submit(new ResourceAssignUuid(id)).join().response();
        return ((GpuResponse.OkResourceUuid) response).uuid();
    }

    private CompletableFuture<GpuReply> submit(GpuCommand command) {
        CompletableFuture<GpuReply> reply = new CompletableFuture<>();
        device.submit(GpuRequest.of(command), reply::complete);
        return reply;
    }

    private static GpuResult code(CompletableFuture<GpuReply> reply) {
        return reply.orTimeout(10, TimeUnit.SECONDS).join().response().result();
    }

    /** Somebody who attaches and hears of revokes. */
    private final class Importer implements RevokeListener {
        private final String name;
        private final ImporterSession session;
        private final Queue<Integer> asked = new ConcurrentLinkedQueue<>();
        private final CompletableFuture<Void> cutOff = new CompletableFuture<>();

        Importer(String name) {
            this.name = name;
            this.session = objects.open(GUEST, name, this);
        }

        int attach(UUID uuid) {
            return objects.attach(GUEST, uuid, name, "vm0").attachment();
        }

        @Override
        public void revokeRequested(int attachment) {
            asked.add(attachment);
        }

        @Override
        public void cutOff() {
            cutOff.complete(null);
        }
    }
}
