package dev.crossdev.grpc.dialect;

import dev.crossdev.virtio.Features;
import java.time.Duration;
import java.util.Optional;

/**
 * What a driver says when it opens a device.
 *
 * @param guest the tenant
 * @param device the device's name within its guest
 * @param features that the driver wants; empty means all that are offered
 * @param memory what addresses point into
 * @param lease how long the device outlives its stream; zero means not at all
 */
public record OpenStream(
        String guest, String device, Optional<Features> features, StreamMemory memory, Duration lease) {

    /** All features, no memory, no lease. */
    public static OpenStream of(String guest, String device) {
        return new OpenStream(guest, device, Optional.empty(), new StreamMemory.None(), Duration.ZERO);
    }

    public OpenStream withFeatures(Features wanted) {
        return new OpenStream(guest, device, Optional.of(wanted), memory, lease);
    }

    public OpenStream withMemory(StreamMemory streamMemory) {
        return new OpenStream(guest, device, features, streamMemory, lease);
    }

    public OpenStream withLease(Duration duration) {
        return new OpenStream(guest, device, features, memory, duration);
    }
}
