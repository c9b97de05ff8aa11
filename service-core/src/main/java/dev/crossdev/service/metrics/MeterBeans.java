package dev.crossdev.service.metrics;

import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Hands the filter to the registry. */
final class MeterBeans {

    @Produces
    @Singleton
    MeterFilter servedMeters() {
        return new ServedMeters();
    }
}
