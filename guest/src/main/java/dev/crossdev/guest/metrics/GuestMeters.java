package dev.crossdev.guest.metrics;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.BufferTimes.Wait;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.WaitPlace;
import dev.crossdev.virtio.timing.LatencyBuckets;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/**
 * {@code virtio.uuid.registration}, {@code virtio.uuid.blocked}, {@code virtio.uuid.hidden}, {@code virtio.uuid.waiters} and
 * {@code virtio.protocol.violations} of a guest. Neither a UUID nor a resource is ever a tag.
 */
public final class GuestMeters implements Violations {

    private static final Duration[] BUCKETS = LatencyBuckets.durations();

    private final MeterRegistry registry;
    private final Set<IntSupplier> waiting = ConcurrentHashMap.newKeySet();

    /** @param registry keeps the meters */
    public GuestMeters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder(
                        "virtio.uuid.waiters",
                        waiting,
                        all -> all.stream().mapToInt(IntSupplier::getAsInt).sum())
                .description("callers that wait for a UUID at this moment")
                .register(registry);
        for (Kind kind : Kind.values()) {
            // There from the start, so that a dashboard shows a zero and not nothing.
            var _ = violations(kind);
        }
    }

    /** Something to be asked for its waiters until it is closed. */
    public interface Watched extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Adds a driver's waiters to {@code virtio.uuid.waiters}.
     *
     * @param waiters how many callers wait in the driver; asked from any thread
     */
    public Watched watch(IntSupplier waiters) {
        waiting.add(waiters);
        return () -> waiting.remove(waiters);
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
        violations(kind).increment();
    }

    private Counter violations(Kind kind) {
        return Counter.builder("virtio.protocol.violations")
                .description("what a peer did against the protocol")
                .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                .register(registry);
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
