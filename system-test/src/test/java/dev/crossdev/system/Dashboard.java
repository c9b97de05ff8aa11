package dev.crossdev.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A dashboard of {@code deploy/dashboards}, as far as a test looks at it. */
record Dashboard(JsonNode json, List<Panel> panels) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A panel that shows something, and the expressions that it runs. */
    record Panel(String dashboard, String title, String description, List<String> expressions) {}

    /** All of them, by file name. */
    static List<Dashboard> all() {
        try (Stream<Path> files = Files.list(Checkout.HOME.resolve("deploy/dashboards"))) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(Dashboard::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Dashboard read(Path file) {
        try {
            JsonNode json = JSON.readTree(file.toFile());
            List<Panel> panels = new ArrayList<>();
            for (JsonNode panel : json.path("panels")) {
                if (!panel.path("type").asText().equals("row")) {
                    panels.add(new Panel(
                            json.path("title").asText(),
                            panel.path("title").asText(),
                            panel.path("description").asText(),
                            StreamSupport.stream(panel.path("targets").spliterator(), false)
                                    .map(target -> target.path("expr").asText())
                                    .toList()));
                }
            }
            return new Dashboard(json, panels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String uid() {
        return json.path("uid").asText();
    }

    /** The variables, by name; their queries are {@code label_values(series, label)}, but for the data source's. */
    List<JsonNode> variables() {
        return StreamSupport.stream(json.path("templating").path("list").spliterator(), false)
                .toList();
    }

    /** What Grafana would send for an expression with everything chosen. */
    static String resolve(String expression, String rateInterval) {
        return expression
                .replace("$__rate_interval", rateInterval)
                .replaceAll("\"\\$(strategy|device|job)\"", "\".*\"");
    }
}
