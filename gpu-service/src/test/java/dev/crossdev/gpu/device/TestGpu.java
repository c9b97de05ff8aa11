package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.MemoryHandout;
import dev.crossdev.gpu.objects.ObjectSettings;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.SharedGuestMemory;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A device with a guest's memory and real exports, driven as a driver would. */
public final class TestGpu implements AutoCloseable {
    public static final long MEMORY_ADDRESS = 0x10_0000;
    public static final long MEMORY_SIZE = 8 << 20;
    public static final String GUEST = "default";

    public final SharedGuestMemory memory =
            SharedGuestMemory.create("test guest", List.of(new MemoryRegion(MEMORY_ADDRESS, MEMORY_SIZE)));
    public final LocalObjects objects;
    public final GpuDevice device;
    /** How often the device said that its configuration space has changed. */
    public final AtomicInteger configChanges = new AtomicInteger();

    private final boolean ownObjects;

    public TestGpu() {
        this(GpuSettings.DEFAULT);
    }

    public TestGpu(GpuSettings settings) {
        this(settings, GpuDevice.OFFERED);
    }

    public TestGpu(GpuSettings settings, Features accepted) {
        this(settings, accepted, new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none()), GUEST, true);
    }

    private TestGpu(GpuSettings settings, Features accepted, LocalObjects objects, String guest, boolean ownObjects) {
        this.objects = objects;
        this.ownObjects = ownObjects;
        this.device = new GpuDevice(
                accepted,
                memory,
                objects.exportsFor(guest, "vm0", Violations.ignored()),
                settings,
                configChanges::incrementAndGet);
    }

    /** A device whose objects others share; closing it leaves them open. */
    public static TestGpu of(LocalObjects objects, String guest) {
        return new TestGpu(GpuSettings.DEFAULT, GpuDevice.OFFERED, objects, guest, false);
    }

    public CompletableFuture<GpuReply> submit(GpuRequest request) {
        CompletableFuture<GpuReply> reply = new CompletableFuture<>();
        device.submit(request, done -> {
            if (!reply.complete(done)) {
                throw new IllegalStateException("answered twice: " + request);
            }
        });
        return reply;
    }

    public CompletableFuture<GpuReply> submit(GpuCommand command) {
        return submit(GpuRequest.of(command));
    }

    /** Sends and waits for the answer. */
    public GpuResponse send(GpuCommand command) {
        return await(submit(command)).response();
    }

    public GpuResult code(GpuCommand command) {
        return send(command).result();
    }

    public void ok(GpuCommand command) {
        assertThat(code(command)).as(command.toString()).isEqualTo(GpuResult.OK_NODATA);
    }

    public static GpuReply await(CompletableFuture<GpuReply> reply) {
        return reply.orTimeout(10, TimeUnit.SECONDS).join();
    }

    /** A resource of four bytes a pixel, backed by guest memory from its beginning on. */
    public void resource(int id, int width, int height) {
        resource(id, PixelFormat.B8G8R8A8_UNORM, width, height);
    }

    public void resource(int id, PixelFormat format, int width, int height) {
        ok(new GpuCommand.ResourceCreate2d(id, format.number(), width, height));
        ok(new GpuCommand.ResourceAttachBacking(id, List.of(new MemEntry(MEMORY_ADDRESS, width * height * 4))));
    }

    /** Puts one value into all bytes of a resource, by way of its backing. */
    public void fill(int id, int width, int height, int value) {
        byte[] bytes = new byte[width * height * 4];
        Arrays.fill(bytes, (byte) value);
        memory.write(MEMORY_ADDRESS, bytes);
        ok(new GpuCommand.TransferToHost2d(Rect.of(width, height), 0, id));
    }

    public UUID assignUuid(int id) {
        GpuResponse response = send(new GpuCommand.ResourceAssignUuid(id));
        assertThat(response).isInstanceOf(GpuResponse.OkResourceUuid.class);
        return ((GpuResponse.OkResourceUuid) response).uuid();
    }

    public ScanoutImage capture(int scanoutId) {
        return device.captureScanout(scanoutId).orElseThrow();
    }

    @Override
    public void close() {
        device.close();
        if (ownObjects) {
            objects.close();
        }
        memory.close();
    }
}
