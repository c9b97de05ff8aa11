package dev.crossdev.cli.admin;

import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.virtio.capture.DeviceKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the services hold at one moment.
 *
 * @param devices of both services
 * @param buffers of both services: exported or not at the gpu, imported at the video device
 * @param at when it was asked for
 */
public record Listing(List<Device> devices, List<Held> buffers, Instant at) {

    /**
     * A buffer and whose service told of it.
     *
     * @param kind of the service
     * @param buffer as it said
     */
    public record Held(DeviceKind kind, Buffer buffer) {
        /** Since it came to this device. */
        public Duration age(Instant now) {
            Instant created = Instant.ofEpochSecond(
                    buffer.getCreatedAt().getSeconds(), buffer.getCreatedAt().getNanos());
            Duration age = Duration.between(created, now);
            return age.isNegative() ? Duration.ZERO : age;
        }
    }

    /** Copies its lists. */
    public Listing {
        devices = List.copyOf(devices);
        buffers = List.copyOf(buffers);
    }

    /** Asks both services. */
    public static Listing of(AdminClient gpu, AdminClient video, Optional<String> guest) {
        List<Device> devices = new ArrayList<>(gpu.devices(guest));
        devices.addAll(video.devices(guest));
        List<Held> buffers = new ArrayList<>();
        gpu.buffers(guest).forEach(buffer -> buffers.add(new Held(DeviceKind.GPU, buffer)));
        video.buffers(guest).forEach(buffer -> buffers.add(new Held(DeviceKind.VIDEO, buffer)));
        return new Listing(devices, buffers, Instant.now());
    }

    /** The same with only those buffers. */
    public Listing only(Predicate<Held> wanted) {
        return new Listing(devices, buffers.stream().filter(wanted).toList(), at);
    }
}
