package dev.crossdev.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.grpc.client.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** A Prometheus as the distribution ships it, which scrapes every second, and its HTTP API. */
final class Prometheus implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final Path log;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String api;

    private Prometheus(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.api = "http://127.0.0.1:" + port;
    }

    /** A series of an answer and its latest value. */
    record Sample(Map<String, String> labels, double value) {}

    /**
     * @param jobs what to scrape at {@code /q/metrics}, by the job's name
     * @param rules a rule file
     */
    static Prometheus start(Path folder, Map<String, HostPort> jobs, Path rules) {
        String scrapes = jobs.entrySet().stream()
                .map(job -> """
                          - job_name: %s
                            metrics_path: /q/metrics
                            static_configs:
                              - targets: ['%s']
                        """.formatted(job.getKey(), job.getValue()))
                .collect(Collectors.joining());
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = free.getLocalPort();
            free.close();
            Path config = folder.resolve("prometheus.yml");
            Files.writeString(config, """
                    global:
                      scrape_interval: 1s
                      evaluation_interval: 1s
                    rule_files:
                      - %s
                    scrape_configs:
                    %s""".formatted(rules, scrapes));
            Path log = folder.resolve("prometheus.log");
            Process process = new ProcessBuilder(
                            "prometheus",
                            "--config.file=" + config,
                            "--storage.tsdb.path=" + folder.resolve("data"),
                            "--web.listen-address=127.0.0.1:" + port)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new Prometheus(process, log, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isReady() {
        if (!process.isAlive()) {
            throw new AssertionError("prometheus ended:\n" + read(log));
        }
        try {
            return get("/-/ready").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Runs an instant query; an error of the query fails the test. */
    List<Sample> query(String expression) {
        List<Sample> samples = new ArrayList<>();
        for (JsonNode each : data("/api/v1/query?query=" + encode(expression)).path("result")) {
            Map<String, String> labels = JSON.convertValue(
                    each.path("metric"), JSON.getTypeFactory().constructMapType(Map.class, String.class, String.class));
            samples.add(new Sample(labels, each.path("value").path(1).asDouble()));
        }
        return samples;
    }

    /** The values of a label over all series that match, as a dashboard's variable asks for them. */
    List<String> labelValues(String label, String series) {
        return StreamSupport.stream(
                        data("/api/v1/label/" + label + "/values?match[]=" + encode(series))
                                .spliterator(),
                        false)
                .map(JsonNode::asText)
                .toList();
    }

    /** The alerts of the rule file, as Prometheus understood them: expression by name. */
    Map<String, String> alerts() {
        return StreamSupport.stream(
                        data("/api/v1/rules?type=alert").path("groups").spliterator(), false)
                .flatMap(group -> StreamSupport.stream(group.path("rules").spliterator(), false))
                .collect(Collectors.toMap(
                        rule -> rule.path("name").asText(),
                        rule -> rule.path("query").asText()));
    }

    String version() {
        return data("/api/v1/status/buildinfo").path("version").asText();
    }

    @Override
    public void close() {
        process.destroy();
        client.close();
    }

    private JsonNode data(String path) {
        try {
            HttpResponse<String> response = get(path);
            JsonNode answer = JSON.readTree(response.body());
            if (!answer.path("status").asText().equals("success")) {
                throw new AssertionError(path + ": " + response.body());
            }
            return answer.path("data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> get(String path) throws IOException {
        try {
            return client.send(
                    HttpRequest.newBuilder(URI.create(api + path)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
