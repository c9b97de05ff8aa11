package dev.crossdev.cli.run;

import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Latency;
import java.time.Duration;

/**
 * The latency that is injected at the two devices.
 *
 * @param gpu at the virtio-gpu device
 * @param video at the virtio-video device
 */
public record DevicePair(DeviceTiming gpu, DeviceTiming video) {

    /** Devices as fast as they can. */
    public static final DevicePair NONE = new DevicePair(DeviceTiming.NONE, DeviceTiming.NONE);

    /** The same fixed transit at both. */
    public static DevicePair transit(Duration eachWay) {
        return transit(eachWay, eachWay);
    }

    /** A fixed transit at each. */
    public static DevicePair transit(Duration gpu, Duration video) {
        return new DevicePair(
                new DeviceTiming(Latency.fixed(gpu), Latency.ZERO),
                new DeviceTiming(Latency.fixed(video), Latency.ZERO));
    }

    /** As a report names it: means, in microseconds; of the service times the longer one. */
    public InjectedTiming injected() {
        return new InjectedTiming(
                micros(gpu.transit()),
                micros(video.transit()),
                Math.max(micros(gpu.service()), micros(video.service())));
    }

    private static long micros(Latency latency) {
        return latency.mean().toNanos() / 1_000;
    }
}
