package dev.crossdev.service.metrics;

import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceInventory;
import dev.crossdev.virtio.Inspectable;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What the devices of a house hold and do at the moment; counted when somebody asks, which costs the devices nothing. */
public final class HouseMeters implements MeterBinder {

    private final DeviceHouse<?, ?, ?> house;

    public HouseMeters(DeviceHouse<?, ?, ?> house) {
        this.house = house;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        usage(registry, "virtio.resources", "Resources, by the drivers' count", null, Inspectable.Usage::resources);
        usage(
                registry,
                "virtio.resource.bytes",
                "Bytes of the resources",
                BaseUnits.BYTES,
                Inspectable.Usage::resourceBytes);
        usage(
                registry,
                "virtio.buffers",
                "Live buffers, those included that outlived their resource",
                null,
                Inspectable.Usage::buffers);
        usage(
                registry,
                "virtio.buffer.bytes",
                "Bytes of the live buffers",
                BaseUnits.BYTES,
                Inspectable.Usage::bufferBytes);
        gauge(registry, "virtio.devices", "Devices of all guests", null, DeviceInventory::count);
        gauge(
                registry,
                "virtio.streams",
                "Streams that drivers have created and not destroyed",
                null,
                each -> each.sum(device -> device.openStreams().size()));
        gauge(
                registry,
                "virtio.scanouts",
                "Scanouts that show something",
                null,
                each -> each.sum(device -> device.activeScanouts().size()));
    }

    private void usage(
            MeterRegistry registry,
            String name,
            String description,
            @Nullable String unit,
            ToDoubleFunction<Inspectable.Usage> value) {
        gauge(registry, name, description, unit, each -> value.applyAsDouble(each.usage()));
    }

    private void gauge(
            MeterRegistry registry,
            String name,
            String description,
            @Nullable String unit,
            ToDoubleFunction<DeviceInventory> value) {
        Gauge.builder(name, house.inventory(), value::applyAsDouble)
                .description(description)
                .baseUnit(unit)
                .tag("device", house.type().name())
                .register(registry);
    }
}
