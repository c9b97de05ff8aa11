package dev.crossdev.cli.trace;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One event of the Trace Event Format; members that are null are left out.
 *
 * @param name what the viewer writes on it
 * @param category comma-separated, for the viewer's filter
 * @param phase {@code X} complete, {@code i} instant, {@code s} and {@code f} start and end of a flow, {@code M} metadata
 * @param micros when, from the start of the trace; for metadata 0
 * @param durationMicros of a complete event
 * @param process its number
 * @param thread its number within the process
 * @param id what ties the two ends of a flow together
 * @param bindingPoint {@code e}: a flow ends at the slice that encloses it
 * @param scope {@code t}: an instant of its thread
 * @param arguments what the viewer shows when one clicks on it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TraceEvent(
        @JsonProperty("name") String name,
        @JsonProperty("cat") @Nullable String category,
        @JsonProperty("ph") String phase,
        @JsonProperty("ts") double micros,
        @JsonProperty("dur") @Nullable Double durationMicros,
        @JsonProperty("pid") int process,
        @JsonProperty("tid") int thread,
        @JsonProperty("id") @Nullable Integer id,
        @JsonProperty("bp") @Nullable String bindingPoint,
        @JsonProperty("s") @Nullable String scope,
        @JsonProperty("args") @Nullable Map<String, Object> arguments) {

    private static final String CATEGORY = "registration";

    static TraceEvent complete(
            String name, int process, int thread, double start, double end, Map<String, Object> arguments) {
        double duration = Math.max(0, Math.round((end - start) * 1e3) / 1e3);
        return new TraceEvent(name, CATEGORY, "X", start, duration, process, thread, null, null, null, arguments);
    }

    static TraceEvent instant(String name, int process, int thread, double at) {
        return new TraceEvent(name, CATEGORY, "i", at, null, process, thread, null, null, "t", null);
    }

    static TraceEvent flowStart(String name, int id, int process, int thread, double at) {
        return new TraceEvent(name, CATEGORY, "s", at, null, process, thread, id, null, null, null);
    }

    static TraceEvent flowEnd(String name, int id, int process, int thread, double at) {
        return new TraceEvent(name, CATEGORY, "f", at, null, process, thread, id, "e", null, null);
    }

    /** What a process or a thread is called ({@code process_name}, {@code thread_name}), or where it stands in the list. */
    static TraceEvent metadata(String name, int process, int thread, String argument, Object value) {
        return new TraceEvent(name, null, "M", 0, null, process, thread, null, null, null, Map.of(argument, value));
    }
}
