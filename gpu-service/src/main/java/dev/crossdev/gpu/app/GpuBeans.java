package dev.crossdev.gpu.app;

import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.gpu.device.GpuSettings;
import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.gpu.door.GpuDeviceType;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.MemoryHandout;
import dev.crossdev.gpu.objects.ObjectSettings;
import dev.crossdev.gpu.objects.ObjectState;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.binding.Directories;
import dev.crossdev.service.binding.Hosting;
import dev.crossdev.service.directory.DirectoryClaims;
import dev.crossdev.service.directory.Publisher;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.registration.RegistrationLog;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Locale;

/** Puts the service together. */
final class GpuBeans {

    @Produces
    @Singleton
    Publisher publisher(Directories directories) {
        return directories.publisher();
    }

    void close(@Disposes Publisher publisher) {
        publisher.close();
    }

    @Produces
    @Singleton
    LocalObjects objects(
            GpuConfig config,
            DescriptorServer descriptors,
            MeterRegistry registry,
            RegistrationLog registrations,
            Publisher publisher) {
        GpuConfig.Objects limits = config.objects();
        LocalObjects objects = new LocalObjects(
                new ObjectSettings(
                        limits.max(),
                        limits.maxAttachments(),
                        limits.maxWriteBytes(),
                        limits.fenceWait(),
                        limits.transferTime()),
                MemoryHandout.of(descriptors),
                registrations::attached,
                publisher);
        for (ObjectState state : ObjectState.values()) {
            Gauge.builder("virtio.objects", objects, each -> each.counts().getOrDefault(state, 0))
                    .description("Exported objects")
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        return objects;
    }

    void close(@Disposes LocalObjects objects) {
        objects.close();
    }

    @Produces
    @Singleton
    DeviceHouse<GpuRequest, GpuReply, NoEvent> house(
            Hosting hosting, GpuConfig config, LocalObjects objects, Publisher publisher) {
        return hosting.house(new GpuDeviceType(objects, settings(config)), new DirectoryClaims(publisher));
    }

    private static GpuSettings settings(GpuConfig config) {
        return new GpuSettings(
                config.maxBytes(),
                config.maxResources(),
                config.maxBackingEntries(),
                config.maxScanoutBytes(),
                config.displays().stream().map(GpuBeans::display).toList(),
                config.fenceWait(),
                config.fenceHold(),
                config.revokeWait());
    }

    private static DisplaySize display(String text) {
        String[] sides = text.strip().split("x", -1);
        if (sides.length != 2) {
            throw new IllegalArgumentException("crossdev.gpu.displays: '" + text + "' is not a size such as 640x480");
        }
        return new DisplaySize(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
    }
}
