package dev.crossdev.guest;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.trace.RegistrationTraces;
import java.time.Duration;

/**
 * What a guest is told before it starts.
 *
 * @param name of the tenant
 * @param gpu where its gpu devices are hosted
 * @param video where its video devices are hosted
 * @param channels the way to both
 * @param devices what the names of its devices begin with; a number follows
 * @param memoryBytes of guest memory
 * @param patience for each answer; what takes longer fails with ETIMEDOUT
 * @param traces makes the traces of its registrations
 */
public record GuestConfig(
        String name,
        ServiceAddress gpu,
        ServiceAddress video,
        Channels channels,
        String devices,
        long memoryBytes,
        Duration patience,
        RegistrationTraces traces) {

    /** The tenant of those who name none. */
    public static final String DEFAULT_NAME = "default";

    /** Longer than any latency that is injected in earnest, and short enough to be waited for. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    private static final String DEFAULT_DEVICES = "vm";

    /** A guest in plain text that traces nothing. */
    public GuestConfig(String name, ServiceAddress gpu, ServiceAddress video, long memoryBytes, Duration patience) {
        this(name, gpu, video, Channels.PLAIN, DEFAULT_DEVICES, memoryBytes, patience, RegistrationTraces.OFF);
    }

    /** The default tenant with default patience, in plain text. */
    public static GuestConfig of(String gpuHost, int gpuPort, String videoHost, int videoPort, long memoryBytes) {
        return new GuestConfig(
                DEFAULT_NAME,
                new ServiceAddress("gpu-service", gpuHost, gpuPort),
                new ServiceAddress("video-service", videoHost, videoPort),
                memoryBytes,
                DEFAULT_PATIENCE);
    }

    /** The same guest under another name. */
    public GuestConfig named(String other) {
        return new GuestConfig(other, gpu, video, channels, devices, memoryBytes, patience, traces);
    }

    /** The same guest by another way. */
    public GuestConfig over(Channels other) {
        return new GuestConfig(name, gpu, video, other, devices, memoryBytes, patience, traces);
    }

    /** The same guest, whose devices' names begin otherwise. */
    public GuestConfig withDevices(String other) {
        return new GuestConfig(name, gpu, video, channels, other, memoryBytes, patience, traces);
    }

    /** The same guest with other patience. */
    public GuestConfig withPatience(Duration other) {
        return new GuestConfig(name, gpu, video, channels, devices, memoryBytes, other, traces);
    }

    /** The same guest, whose registrations are traced. */
    public GuestConfig withTraces(RegistrationTraces other) {
        return new GuestConfig(name, gpu, video, channels, devices, memoryBytes, patience, other);
    }
}
