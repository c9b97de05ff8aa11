package dev.crossdev.cli.run;

import dev.crossdev.cli.otlp.SpanExport;
import dev.crossdev.guest.trace.RegistrationTraces;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that sends traces somewhere. Without it nothing of OpenTelemetry's SDK is loaded. */
public final class TraceOptions {

    @Option(
            names = "--otlp",
            paramLabel = "URL",
            description = {
                "Send each registration as a trace to a collector that takes OTLP over gRPC, such as",
                "http://localhost:4317. Services that are started for the run send theirs there too.",
                "Default: $OTEL_EXPORTER_OTLP_ENDPOINT, or not at all."
            })
    private @Nullable String endpoint;

    /** Where spans go, if they go anywhere. */
    public static final class Tracing implements AutoCloseable {

        private final Optional<SpanExport> export;
        private final List<String> serviceSettings;

        private Tracing(Optional<SpanExport> export, List<String> serviceSettings) {
            this.export = export;
            this.serviceSettings = serviceSettings;
        }

        /** For a guest. */
        public RegistrationTraces traces() {
            return export.map(SpanExport::traces).orElse(RegistrationTraces.OFF);
        }

        /** What makes services of our own send their spans there too. */
        public List<String> serviceSettings() {
            return serviceSettings;
        }

        /** Sends what is left. */
        @Override
        public void close() {
            export.ifPresent(SpanExport::close);
        }
    }

    /** Begins to send, if asked to. */
    public Tracing open() {
        return endpoint()
                .map(url -> new Tracing(Optional.of(SpanExport.to(url)), serviceSettings(url)))
                .orElseGet(() -> new Tracing(Optional.empty(), List.of()));
    }

    /** What makes services send their spans to where this one would. */
    public List<String> serviceSettings() {
        return endpoint().map(TraceOptions::serviceSettings).orElse(List.of());
    }

    private static List<String> serviceSettings(String url) {
        return List.of("quarkus.otel.sdk.disabled=false", "quarkus.otel.exporter.otlp.endpoint=" + url);
    }

    private Optional<String> endpoint() {
        return Optional.ofNullable(endpoint)
                .or(() -> Optional.ofNullable(System.getenv("OTEL_EXPORTER_OTLP_ENDPOINT")))
                .filter(url -> !url.isBlank());
    }
}
