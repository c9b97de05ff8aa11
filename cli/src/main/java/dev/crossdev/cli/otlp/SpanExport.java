package dev.crossdev.cli.otlp;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.guest.trace.RegistrationTraces;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.Map;

/** OpenTelemetry's SDK as its own environment variables say ({@code OTEL_*}), but for what concerns this program. */
public final class SpanExport implements AutoCloseable {

    private final OpenTelemetrySdk sdk;

    private SpanExport(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
    }

    /**
     * Begins to send.
     *
     * @param endpoint a collector's URL; it takes OTLP over gRPC
     */
    public static SpanExport to(String endpoint) {
        try {
            return new SpanExport(AutoConfiguredOpenTelemetrySdk.builder()
                    .addPropertiesSupplier(() -> Map.of("otel.service.name", "crossdev-guest"))
                    .addPropertiesCustomizer(settings -> Map.of(
                            "otel.exporter.otlp.traces.endpoint", endpoint,
                            "otel.exporter.otlp.traces.protocol", "grpc",
                            "otel.metrics.exporter", "none",
                            "otel.logs.exporter", "none"))
                    // Whoever opened it closes it, when the last span has ended.
                    .disableShutdownHook()
                    .build()
                    .getOpenTelemetrySdk());
        } catch (ConfigurationException | IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "traces to " + endpoint + ": " + e.getMessage(), e);
        }
    }

    /** For a guest. */
    public RegistrationTraces traces() {
        return RegistrationTraces.to(sdk);
    }

    /** Sends what is left; waits for the collector, ten seconds at most. */
    @Override
    public void close() {
        sdk.close();
    }
}
