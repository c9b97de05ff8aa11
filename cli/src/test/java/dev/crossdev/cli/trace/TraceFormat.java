package dev.crossdev.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The rules of the Trace Event Format ("Trace Event Format", Google, 2016) that the phases we write are under: members that
 * must be there, slices of a thread that nest, flows with both ends in order.
 */
final class TraceFormat {

    private static final Set<String> PHASES = Set.of("X", "i", "s", "f", "M");

    private record Slice(String name, double start, double end) {}

    private TraceFormat() {}

    static List<String> breaches(JsonNode trace) {
        List<String> found = new ArrayList<>();
        Map<String, List<Slice>> threads = new HashMap<>();
        Map<Integer, List<JsonNode>> flows = new HashMap<>();
        for (JsonNode event : trace.get("traceEvents")) {
            members(event, found);
            switch (event.path("ph").asText()) {
                case "X" -> {
                    double start = event.path("ts").asDouble();
                    threads.computeIfAbsent(event.path("pid") + "/" + event.path("tid"), _ -> new ArrayList<>())
                            .add(new Slice(
                                    event.path("name").asText(),
                                    start,
                                    start + event.path("dur").asDouble()));
                }
                case "s", "f" ->
                    flows.computeIfAbsent(event.path("id").asInt(), _ -> new ArrayList<>())
                            .add(event);
                default -> {}
            }
        }
        threads.forEach((thread, slices) -> nesting(thread, slices, found));
        flows.forEach((id, ends) -> flow(id, ends, found));
        return found;
    }

    private static void members(JsonNode event, List<String> found) {
        String name = event.path("name").asText();
        String phase = event.path("ph").asText();
        if (!PHASES.contains(phase)) {
            found.add(name + " has phase " + phase);
        }
        Stream.of("name", "ph", "ts", "pid", "tid")
                .filter(member -> !event.hasNonNull(member))
                .forEach(member -> found.add(name + " has no " + member));
        if (event.path("ts").asDouble() < 0) {
            found.add(name + " is before 0");
        }
        if (phase.equals("X") && !event.hasNonNull("dur")) {
            found.add(name + " has no dur");
        }
        if (event.path("dur").asDouble() < 0) {
            found.add(name + " ends before it starts");
        }
        if (phase.equals("i") && !Set.of("g", "p", "t").contains(event.path("s").asText())) {
            found.add(name + " has no scope");
        }
    }

    private static void nesting(String thread, List<Slice> slices, List<String> found) {
        List<Slice> sorted = new ArrayList<>(slices);
        sorted.sort(Comparator.comparingDouble(Slice::start)
                .thenComparing(Comparator.comparingDouble(Slice::end).reversed()));
        Deque<Slice> open = new ArrayDeque<>();
        for (Slice slice : sorted) {
            while (!open.isEmpty() && open.peek().end() <= slice.start()) {
                open.pop();
            }
            if (!open.isEmpty() && open.peek().end() < slice.end()) {
                found.add(slice.name() + " overlaps " + open.peek().name() + " on " + thread);
            }
            open.push(slice);
        }
    }

    private static void flow(int id, List<JsonNode> ends, List<String> found) {
        if (ends.size() != 2
                || !ends.getFirst().path("ph").asText().equals("s")
                || !ends.getLast().path("ph").asText().equals("f")
                || ends.getFirst().path("ts").asDouble()
                        > ends.getLast().path("ts").asDouble()) {
            found.add("flow " + id + " has not one start before one end: " + ends);
        }
    }
}
