package dev.crossdev.cli.admin;

import dev.crossdev.dmabuf.bufinfo.Bufinfo;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.Device;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What the services hold at one moment.
 *
 * @param devices of the services that were asked
 * @param buffers of the same: exported or not at the gpu, imported at the video device
 * @param at when it was asked for
 */
public record Listing(List<Device> devices, List<Held> buffers, Instant at) {

    /**
     * A buffer and when its service looked, by the service's clock.
     *
     * @param buffer as the service said
     * @param takenAt of the same clock as the times in it
     */
    public record Held(Buffer buffer, Instant takenAt) {
        /** Since it came to this device. */
        public Duration age() {
            Duration age = Duration.between(ProtoTimes.fromProto(buffer.getCreatedAt()), takenAt);
            return age.isNegative() ? Duration.ZERO : age;
        }
    }

    /** Copies its lists. */
    public Listing {
        devices = List.copyOf(devices);
        buffers = List.copyOf(buffers);
    }

    /** Asks services. */
    public static Listing of(List<AdminClient> services, BufferFilters filters) {
        List<Device> devices = new ArrayList<>();
        List<Held> buffers = new ArrayList<>();
        for (AdminClient service : services) {
            service.devices(filters.guest()).stream()
                    .filter(device ->
                            filters.device().isEmpty() || filters.device().get().equals(device.getDevice()))
                    .forEach(devices::add);
            buffers.addAll(service.buffers(filters.request()));
        }
        return new Listing(devices, buffers, Instant.now());
    }

    /** The buffers as the library lists them. */
    public Bufinfo bufinfo() {
        return new Bufinfo(
                at, buffers.stream().map(held -> BufinfoOf.buffer(held, at)).toList());
    }
}
