package dev.crossdev.service.metrics;

import dev.crossdev.dmabuf.Violations;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * {@code virtio.protocol.violations}: what clients did against the protocol and the service survived. All kinds are there
 * from the start, so that a dashboard shows a zero and not nothing.
 */
public final class ViolationMeter implements Violations {

    private final Counter[] counters;

    public ViolationMeter(MeterRegistry registry) {
        counters = Stream.of(Kind.values())
                .map(kind -> Counter.builder("virtio.protocol.violations")
                        .description("Breaches of the protocol that were noticed and survived")
                        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                        .register(registry))
                .toArray(Counter[]::new);
    }

    @Override
    public void report(Kind kind, String detail) {
        counters[kind.ordinal()].increment();
    }
}
