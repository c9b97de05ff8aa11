package dev.crossdev.guest.metrics;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.BufferTimes.Wait;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.WaitPlace;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * {@code virtio.uuid.registration}, {@code virtio.uuid.blocked}, {@code virtio.uuid.hidden} and {@code
 * virtio.protocol.violations} of a guest. Neither a UUID nor a resource is ever a tag.
 */
public final class GuestMeters implements Violations {

    private static final Duration[] BUCKETS = {
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
    };

    private final MeterRegistry registry;

    /** @param registry keeps the meters */
    public GuestMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Records a run's buffers.
     *
     * @param strategy under which they were registered
     * @param buffers what was noted of each
     */
    public void record(RegistrationStrategy strategy, Collection<BufferTimes> buffers) {
        buffers.forEach(times -> record(strategy, times));
    }

    @Override
    public void report(Kind kind, String detail) {
        Counter.builder("virtio.protocol.violations")
                .description("what a peer did against the protocol")
                .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
    }

    private void record(RegistrationStrategy strategy, BufferTimes times) {
        times.roundTripNanos()
                .ifPresent(nanos -> timer(
                                "virtio.uuid.registration",
                                "RESOURCE_ASSIGN_UUID sent until its answer was handled",
                                strategy)
                        .tag("outcome", outcome(times))
                        .register(registry)
                        .record(nanos, TimeUnit.NANOSECONDS));
        places(strategy, times)
                .forEach(where -> timer(
                                "virtio.uuid.blocked",
                                "time in which someone waited for a buffer's UUID, per buffer",
                                strategy)
                        .tag("where", where.text())
                        .register(registry)
                        .record(times.blockedNanos(where), TimeUnit.NANOSECONDS));
        times.hiddenNanos()
                .ifPresent(nanos -> timer(
                                "virtio.uuid.hidden", "round trip without its blocked part, per buffer", strategy)
                        .register(registry)
                        .record(nanos, TimeUnit.NANOSECONDS));
    }

    /** A buffer that nobody had to wait for has waited 0 where its strategy waits. */
    private static Set<WaitPlace> places(RegistrationStrategy strategy, BufferTimes times) {
        Set<WaitPlace> places = times.waits().stream()
                .map(Wait::where)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(WaitPlace.class)));
        strategy.waitsIn().ifPresent(places::add);
        return places;
    }

    private static String outcome(BufferTimes times) {
        if (times.registered()) {
            return "ok";
        }
        // Without the device's times there was no answer: the wait ended because the device went away.
        return times.at(Moment.DEVICE_ANSWERED).isPresent() ? "failed" : "gone";
    }

    private static Timer.Builder timer(String name, String description, RegistrationStrategy strategy) {
        return Timer.builder(name)
                .description(description)
                .tag("strategy", strategy.toString())
                .serviceLevelObjectives(BUCKETS);
    }
}
