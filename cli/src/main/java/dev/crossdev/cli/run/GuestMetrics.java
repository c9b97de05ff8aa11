package dev.crossdev.cli.run;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.grpc.client.HostPort;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that serve the guest's meters and health while it runs, at the same paths as the services'. */
public final class GuestMetrics {

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = {
                "Serve the guest's meters at http://HOST:PORT/q/metrics while it runs, and its health at",
                "/q/health/live and /q/health/ready; 0 takes a free port. Default: not at all."
            })
    private @Nullable Integer port;

    @Option(
            names = "--metrics-host",
            paramLabel = "HOST",
            description = "Where --metrics-port listens; 0.0.0.0 for all. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String host;

    /** The meters, and the server where one was asked for. */
    public static final class Served implements AutoCloseable {

        private final PrometheusMeterRegistry prometheus;
        private final JvmGcMetrics gc = new JvmGcMetrics();
        private volatile BooleanSupplier live = () -> true;
        private volatile BooleanSupplier ready = () -> true;
        private @Nullable HttpServer server;

        private Served(PrometheusMeterRegistry prometheus) {
            this.prometheus = prometheus;
            // What the dashboard of the services' health shows of a process, for this one too.
            new JvmMemoryMetrics().bindTo(prometheus);
            new ProcessorMetrics().bindTo(prometheus);
            gc.bindTo(prometheus);
        }

        /** Takes the guest's meters. */
        public MeterRegistry registry() {
            return prometheus;
        }

        /** Where they are served; empty when nobody asked. */
        public Optional<HostPort> address() {
            return Optional.ofNullable(server)
                    .map(HttpServer::getAddress)
                    .map(address -> new HostPort(address.getAddress().getHostAddress(), address.getPort()));
        }

        /**
         * What the health checks answer from now on; until then both say yes.
         *
         * @param isLive false: the process had better be started again
         * @param isReady false: it does not do its work at the moment
         */
        public void health(BooleanSupplier isLive, BooleanSupplier isReady) {
            live = isLive;
            ready = isReady;
        }

        private void serve(InetSocketAddress address) throws IOException {
            HttpServer started = HttpServer.create(address, 0);
            started.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            started.createContext("/q/metrics", this::scrape);
            started.createContext("/q/health/live", exchange -> answer(exchange, live.getAsBoolean()));
            started.createContext("/q/health/ready", exchange -> answer(exchange, ready.getAsBoolean()));
            started.start();
            server = started;
        }

        /** OpenMetrics for those who ask for nothing else, as the services do. */
        private void scrape(HttpExchange exchange) throws IOException {
            String accept = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Accept"))
                    .orElse("");
            boolean open = accept.contains("application/openmetrics-text") && !accept.contains("text/plain");
            String type = open ? OPEN_METRICS : TEXT;
            send(exchange, 200, type, prometheus.scrape(type));
        }

        private static void answer(HttpExchange exchange, boolean up) throws IOException {
            send(exchange, up ? 200 : 503, "application/json", "{\"status\":\"" + (up ? "UP" : "DOWN") + "\"}\n");
        }

        private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }

        @Override
        public void close() {
            if (server != null) {
                server.stop(0);
            }
            gc.close();
            prometheus.close();
        }
    }

    /** Starts to serve, if asked to. */
    public Served serve() {
        Served served = new Served(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        if (port == null) {
            return served;
        }
        try {
            served.serve(new InetSocketAddress(host, port));
            return served;
        } catch (IOException | RuntimeException e) {
            served.close();
            throw new CommandFailure(ExitCode.USAGE, "--metrics-port " + port + ": " + e.getMessage(), e);
        }
    }
}
