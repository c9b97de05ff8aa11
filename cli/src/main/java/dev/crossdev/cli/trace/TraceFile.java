package dev.crossdev.cli.trace;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs in the Trace Event Format (JSON object form), which ui.perfetto.dev and chrome://tracing open.
 *
 * @param traceEvents of all runs
 * @param displayTimeUnit the viewer's unit
 * @param otherData for people
 */
public record TraceFile(List<TraceEvent> traceEvents, String displayTimeUnit, Map<String, String> otherData) {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Copies its collections. */
    public TraceFile {
        traceEvents = List.copyOf(traceEvents);
        otherData = Map.copyOf(otherData);
    }

    /**
     * @param version of crossdev
     */
    public static TraceFile of(List<ReportRun> runs, String version) {
        List<TraceEvent> events = new ArrayList<>();
        for (int number = 0; number < runs.size(); number++) {
            events.addAll(RunTrace.of(runs.get(number), number));
        }
        return new TraceFile(events, "ms", Map.of("crossdev", version));
    }

    /** The trace as text. */
    public String json() {
        try {
            return MAPPER.writeValueAsString(this);
        } catch (IOException e) {
            throw new IllegalStateException("a record that Jackson cannot write", e);
        }
    }

    /** Writes the trace, making its folder; a reader never sees half of it. */
    public void write(Path file) throws IOException {
        WholeFile.write(file, json());
    }
}
