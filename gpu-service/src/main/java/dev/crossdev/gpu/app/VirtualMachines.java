package dev.crossdev.gpu.app;

import dev.crossdev.gpu.door.GpuQueueForm;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.ObjectsForBackends;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.ServiceSettings;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.metrics.TurnaroundMeter;
import dev.crossdev.service.pci.PciIdentity;
import dev.crossdev.service.pci.RemotePciServer;
import dev.crossdev.service.vhostuser.VhostUserDevice;
import dev.crossdev.service.vhostuser.VhostUserServer;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/** The doors for virtual machines that the configuration asks for, open as long as the service runs. */
@Singleton
class VirtualMachines {

    /** Before the house is drained, which would wait for machines that do not know of it. */
    private static final int BEFORE_THE_DRAIN = 1;

    private static final int VIRTIO_GPU = 16;

    /** A display controller that is no VGA. */
    private static final int OTHER_DISPLAY = 0x0380;

    /** As QEMU's own virtio-gpu has them: control and cursor. */
    private static final List<Integer> QUEUE_SIZES = List.of(64, 16);

    private final GpuConfig config;
    private final long mostMemory;
    private final VirtqueueDoor<GpuRequest, GpuReply, NoEvent> door;
    private final ObjectsForBackends objects;
    private final List<Runnable> ends = new ArrayList<>();

    VirtualMachines(
            GpuConfig config,
            ServiceSettings settings,
            DeviceHouse<GpuRequest, GpuReply, NoEvent> house,
            LocalObjects objects,
            MeterRegistry registry) {
        this.config = config;
        this.mostMemory = settings.memory().maxShared();
        this.door = new VirtqueueDoor<>(
                house,
                new GpuQueueForm(),
                new TurnaroundMeter(registry, house.type().name()));
        this.objects = new ObjectsForBackends(objects);
    }

    void open(@Observes StartupEvent event) {
        config.remotePci().forEach((name, machine) -> {
            RemotePciServer server = RemotePciServer.listen(
                    machine.socket(),
                    new RemotePciServer.Place(
                            door,
                            new DeviceKey(machine.guest(), name),
                            offered(machine),
                            new PciIdentity(VIRTIO_GPU, OTHER_DISPLAY, QUEUE_SIZES),
                            mostMemory));
            ends.add(server::close);
        });
        config.vhostUser().forEach((name, machine) -> {
            VhostUserServer server = VhostUserServer.listen(
                    machine.socket(),
                    new VhostUserDevice(
                            door, new DeviceKey(machine.guest(), name), offered(machine), objects, mostMemory));
            ends.add(server::close);
        });
    }

    private Features offered(GpuConfig.Machine machine) {
        GpuFeature[] withheld = machine.without().orElse(List.of()).toArray(GpuFeature[]::new);
        return door.deviceFeatures().minus(Features.of(withheld));
    }

    void drain(@Observes @Priority(BEFORE_THE_DRAIN) ShutdownDelayInitiatedEvent event) {
        close();
    }

    void gone(@Observes @Priority(BEFORE_THE_DRAIN) ShutdownEvent event) {
        close();
    }

    private void close() {
        ends.forEach(Runnable::run);
        ends.clear();
    }
}
