package dev.crossdev.cli.linux;

import dev.crossdev.virtio.gpu.GpuCommandType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command and its answer as the guest's kernel saw them, by the tracepoints of its virtio-gpu driver.
 *
 * @param command its name in the specification
 * @param answer the response's code
 * @param micros from queueing to the answer's handling, by the guest's clock
 */
public record RoundTrip(String command, int answer, double micros) {

    private static final Pattern EVENT = Pattern.compile(
            "\\s(\\d+\\.\\d+): virtio_gpu_cmd_(queue|response): vdev=\\d+ vq=(\\d+) .*?type=0x([0-9a-f]{1,8}) flags=0x([0-9a-f]{1,8})"
                    + " fence_id=(\\d+)");

    private record Queued(String command, double micros) {}

    /**
     * Pairs what the trace says. Unfenced commands of one queue are answered in order, fenced ones by their fence.
     *
     * @param trace lines of {@code trace}, oldest first
     */
    public static List<RoundTrip> of(List<String> trace) {
        List<RoundTrip> pairs = new ArrayList<>();
        Map<String, Deque<Queued>> waiting = new HashMap<>();
        for (String line : trace) {
            Matcher event = EVENT.matcher(line);
            if (!event.find()) {
                continue;
            }
            double micros = Double.parseDouble(event.group(1)) * 1e6;
            int type = Integer.parseUnsignedInt(event.group(4), 16);
            boolean fenced = (Integer.parseUnsignedInt(event.group(5), 16) & 1) != 0;
            String key = event.group(3) + (fenced ? " fence " + event.group(6) : "");
            Deque<Queued> queue = waiting.computeIfAbsent(key, _ -> new ArrayDeque<>());
            if (event.group(2).equals("queue")) {
                queue.add(new Queued(GpuCommandType.of(type).name(), micros));
            } else {
                Queued first = queue.poll();
                if (first != null) {
                    pairs.add(new RoundTrip(first.command(), type, micros - first.micros()));
                }
            }
        }
        return pairs;
    }
}
