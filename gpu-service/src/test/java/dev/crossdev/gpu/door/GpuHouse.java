package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.gpu.device.GpuSettings;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.MemoryHandout;
import dev.crossdev.gpu.objects.ObjectSettings;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.house.DeviceClaims;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.HouseLimits;
import dev.crossdev.service.virtqueue.TurnaroundListener;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import java.time.Duration;

/** A house of gpu devices with a door for virtual machines, without a server around them. */
final class GpuHouse implements AutoCloseable {

    /** What a machine's device is called. */
    static final DeviceKey KEY = new DeviceKey("linux", "vm0");

    final LocalObjects objects = new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none());
    final DeviceHouse<GpuRequest, GpuReply, NoEvent> house = new DeviceHouse<>(
            new GpuDeviceType(objects, GpuSettings.DEFAULT),
            new HouseLimits(8, 8, Duration.ofHours(1)),
            (_, _, _) -> {},
            Violations.ignored(),
            DeviceClaims.NONE);
    final VirtqueueDoor<GpuRequest, GpuReply, NoEvent> door;

    GpuHouse() {
        this((_, _) -> {});
    }

    GpuHouse(TurnaroundListener turnarounds) {
        door = new VirtqueueDoor<>(house, new GpuQueueForm(), turnarounds);
    }

    @Override
    public void close() {
        house.close();
        objects.close();
    }
}
