package dev.crossdev.cli.run;

import com.sun.net.httpserver.HttpServer;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that serves the guest's meters while it runs. */
public final class GuestMetrics {

    private static final String PATH = "/metrics";

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Serve the guest's meters at http://127.0.0.1:PORT/metrics while it runs. Default: not at all.")
    private @Nullable Integer port;

    /** The meters, and the server where one was asked for. */
    public record Served(PrometheusMeterRegistry prometheus, Optional<HttpServer> server) implements AutoCloseable {

        /** Takes the guest's meters. */
        public MeterRegistry registry() {
            return prometheus;
        }

        @Override
        public void close() {
            server.ifPresent(running -> running.stop(0));
            prometheus.close();
        }
    }

    /** Starts to serve, if asked to. */
    public Served serve() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        if (port == null) {
            return new Served(registry, Optional.empty());
        }
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
            server.createContext(PATH, exchange -> {
                byte[] body = registry.scrape().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
                exchange.sendResponseHeaders(200, body.length);
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            });
            server.start();
            return new Served(registry, Optional.of(server));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "--metrics-port " + port + ": " + e.getMessage(), e);
        }
    }
}
