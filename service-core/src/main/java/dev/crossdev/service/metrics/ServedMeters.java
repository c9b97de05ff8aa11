package dev.crossdev.service.metrics;

import dev.crossdev.virtio.timing.LatencyBuckets;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import org.jspecify.annotations.Nullable;

/**
 * What is served of the meters that come from elsewhere. Every timer that says how long a device or a call took gets
 * buckets, if it brings none: the gRPC extension's own timers have none by themselves, and client-side percentiles cannot
 * be added up. Health checks and reflection, which say nothing of a device, are left out.
 */
public final class ServedMeters implements MeterFilter {

    private static final String CALLS = "grpc.";

    /** The packages of {@code grpc.health.v1} and {@code grpc.reflection.v1}. */
    private static final String OF_GRPC_ITSELF = "grpc.";

    @Override
    public MeterFilterReply accept(Meter.Id id) {
        String service = id.getName().startsWith(CALLS) ? id.getTag("service") : null;
        return service != null && service.startsWith(OF_GRPC_ITSELF) ? MeterFilterReply.DENY : MeterFilterReply.NEUTRAL;
    }

    @Override
    public @Nullable DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
        if (config.getServiceLevelObjectiveBoundaries() != null
                || id.getType() != Meter.Type.TIMER
                || !(id.getName().startsWith("virtio.") || id.getName().startsWith(CALLS))) {
            return config;
        }
        return DistributionStatisticConfig.builder()
                .serviceLevelObjectives(LatencyBuckets.nanos())
                .build()
                .merge(config);
    }
}
