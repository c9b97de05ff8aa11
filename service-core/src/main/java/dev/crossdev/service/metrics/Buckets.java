package dev.crossdev.service.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Gives every timer that says how long a device or a call took a handful of histogram buckets that resolve 50 µs to 1 s.
 * The gRPC extension's own timers have none by themselves, and client-side percentiles cannot be added up.
 */
public final class Buckets implements MeterFilter {

    /** Nanoseconds, since that is what Micrometer takes for a timer. */
    private static final double[] NANOS = LongStream.of(
                    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
                    1_000_000)
            .mapToDouble(micros -> micros * 1_000.0)
            .toArray();

    @Override
    public @Nullable DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
        if (id.getType() != Meter.Type.TIMER
                || !(id.getName().startsWith("virtio.") || id.getName().startsWith("grpc."))) {
            return config;
        }
        return DistributionStatisticConfig.builder()
                .serviceLevelObjectives(NANOS)
                .build()
                .merge(config);
    }
}
