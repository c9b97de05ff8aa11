package dev.crossdev.cli.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Round trips as the guest saw them beside what the device took of them, by command. */
final class RoundTripTable {

    private RoundTripTable() {}

    /** Aligned lines; times in milliseconds. */
    static List<String> of(List<RoundTrip> guest, List<DeviceLog.Exchange> device) {
        Map<String, List<Double>> seen = new LinkedHashMap<>();
        guest.forEach(each ->
                seen.computeIfAbsent(each.command(), _ -> new ArrayList<>()).add(each.micros()));
        Map<String, List<Double>> taken = new LinkedHashMap<>();
        device.forEach(each ->
                taken.computeIfAbsent(each.command(), _ -> new ArrayList<>()).add(each.micros()));
        List<String> lines = new ArrayList<>();
        lines.add(line("command", "times", "guest p50", "p99", "device p50", "p99", "difference"));
        seen.forEach((command, micros) -> {
            double[] round = sorted(micros);
            double[] own = sorted(taken.getOrDefault(command, List.of()));
            lines.add(line(
                    command,
                    String.valueOf(round.length),
                    millis(rank(round, 0.5)),
                    millis(rank(round, 0.99)),
                    own.length == 0 ? "-" : millis(rank(own, 0.5)),
                    own.length == 0 ? "-" : millis(rank(own, 0.99)),
                    own.length == 0 ? "-" : millis(rank(round, 0.5) - rank(own, 0.5))));
        });
        return lines;
    }

    private static String line(String command, String... cells) {
        StringBuilder line = new StringBuilder(String.format("%-24s", command));
        for (String cell : cells) {
            line.append(String.format("%12s", cell));
        }
        return line.toString();
    }

    /** Nearest rank: a value that occurred. */
    private static double rank(double[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }

    private static double[] sorted(List<Double> values) {
        double[] array = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(array);
        return array;
    }

    private static String millis(double micros) {
        return String.format(Locale.ROOT, "%.3f", micros / 1000);
    }
}
