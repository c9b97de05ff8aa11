package dev.crossdev.cli.linux;

import dev.crossdev.cli.report.Quantiles;
import java.util.ArrayList;
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
            long[] round = sortedNanos(micros);
            long[] own = sortedNanos(taken.getOrDefault(command, List.of()));
            lines.add(line(
                    command,
                    String.valueOf(round.length),
                    millis(Quantiles.nearestRank(round, 0.5)),
                    millis(Quantiles.nearestRank(round, 0.99)),
                    own.length == 0 ? "-" : millis(Quantiles.nearestRank(own, 0.5)),
                    own.length == 0 ? "-" : millis(Quantiles.nearestRank(own, 0.99)),
                    own.length == 0
                            ? "-"
                            : millis(Quantiles.nearestRank(round, 0.5) - Quantiles.nearestRank(own, 0.5))));
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

    private static long[] sortedNanos(List<Double> micros) {
        return micros.stream()
                .mapToLong(each -> Math.round(each * 1e3))
                .sorted()
                .toArray();
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }
}
