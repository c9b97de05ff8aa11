package dev.crossdev.service.metrics;

import dev.crossdev.service.house.DeviceHouse;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Optional;

/** {@code virtio.buffers} and {@code virtio.buffer.bytes}: what the devices of a house hold. */
public final class HouseMeters implements MeterBinder {

    private final DeviceHouse<?, ?, ?> house;

    public HouseMeters(DeviceHouse<?, ?, ?> house) {
        this.house = house;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        String device = house.type().name();
        Gauge.builder("virtio.buffers", house, each -> each.usage().buffers())
                .description("Live buffers, those included that outlived their resource")
                .tag("device", device)
                .register(registry);
        Gauge.builder("virtio.buffer.bytes", house, each -> each.usage().bufferBytes())
                .description("Bytes of the live buffers")
                .baseUnit(BaseUnits.BYTES)
                .tag("device", device)
                .register(registry);
        Gauge.builder(
                        "virtio.devices",
                        house,
                        each -> each.list(Optional.empty()).size())
                .description("Devices of all guests")
                .tag("device", device)
                .register(registry);
    }
}
