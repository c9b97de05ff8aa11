package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.gpu.device.GpuSettings;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.MemoryHandout;
import dev.crossdev.gpu.objects.ObjectSettings;
import dev.crossdev.gpu.objects.ObjectsForBackends;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.HouseLimits;
import dev.crossdev.service.vhostuser.VhostUserDevice;
import dev.crossdev.service.vhostuser.VhostUserServer;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** A house of gpu devices and a vhost-user socket, without a server around them. */
final class VhostUserHost implements AutoCloseable {

    static final DeviceKey KEY = new DeviceKey("linux", "vm0");

    final LocalObjects objects = new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none());
    final DeviceHouse<GpuRequest, GpuReply, NoEvent> house = new DeviceHouse<>(
            new GpuDeviceType(objects, GpuSettings.DEFAULT),
            new HouseLimits(8, 8, Duration.ofHours(1)),
            (_, _, _) -> {},
            Violations.ignored());
    final VhostUserServer server;

    VhostUserHost(Path socket) {
        VirtqueueDoor<GpuRequest, GpuReply, NoEvent> door = new VirtqueueDoor<>(house, new GpuQueueForm());
        server = VhostUserServer.listen(
                socket,
                new VhostUserDevice(door, KEY, door.deviceFeatures(), new ObjectsForBackends(objects), 1L << 30));
    }

    /** Descriptors that this process has open. */
    static long openDescriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
        house.close();
        objects.close();
    }
}
