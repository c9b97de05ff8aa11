package dev.crossdev.service.metrics;

import dev.crossdev.service.virtqueue.TurnaroundListener;
import dev.crossdev.virtio.timing.LatencyBuckets;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;

/** {@code virtio.queue.turnaround}: from a virtual machine's kick to the call that answers it. */
public final class TurnaroundMeter implements TurnaroundListener {

    private static final String NAME = "virtio.queue.turnaround";

    /** Nanoseconds. A kick comes by no socket, so that its answer may be there sooner than any other. */
    private static final double[] SHORTEST = {2_500, 5_000, 10_000, 25_000};

    private static final Duration[] BUCKETS = DoubleStream.concat(
                    DoubleStream.of(SHORTEST), DoubleStream.of(LatencyBuckets.nanos()))
            .mapToObj(nanos -> Duration.ofNanos((long) nanos))
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final String device;
    private final ConcurrentMap<String, Timer> timers = new ConcurrentHashMap<>();

    /** @param device the device type's name */
    public TurnaroundMeter(MeterRegistry registry, String device) {
        this.registry = registry;
        this.device = device;
    }

    @Override
    public void turnedAround(String command, long nanos) {
        Timer timer = timers.get(command);
        if (timer == null) {
            timer = timers.computeIfAbsent(command, this::timer);
        }
        timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(String command) {
        return Timer.builder(NAME)
                .description("A virtual machine's kick heard until the call that answers it is signalled")
                .tag("device", device)
                .tag("command", command)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }
}
