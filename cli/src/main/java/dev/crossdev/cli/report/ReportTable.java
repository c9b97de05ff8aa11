package dev.crossdev.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The medians for a terminal; times in milliseconds. */
public final class ReportTable {

    private static final List<String> HEAD = List.of(
            "transit gpu/video",
            "buffers",
            "strategy",
            "start-up",
            "(min..max)",
            "allocation",
            "floor",
            "round trip",
            "blocked",
            "hidden",
            "refused",
            "frames");

    private ReportTable() {}

    /** One line per cell, a blank line between latencies, the machine's steal share underneath. */
    public static String of(Report report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        report.medians().forEach(median -> rows.add(row(median, report.referenceDigest())));
        int[] widths = IntStream.range(0, HEAD.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        StringBuilder text = new StringBuilder();
        String group = "";
        for (int i = 0; i < rows.size(); i++) {
            List<String> row = rows.get(i);
            String ofRow = row.get(0) + "/" + row.get(1);
            if (i > 0 && !ofRow.equals(group)) {
                text.append('\n');
                group = ofRow;
            }
            text.append(line(row, widths)).append('\n');
        }
        return text.append('\n').append(foot(report.machine())).append('\n').toString();
    }

    private static List<String> row(MedianRow median, String referenceDigest) {
        Spread startup = median.startupMillis();
        String frames = median.framesDigest() == null
                ? "-"
                : median.framesDigest().equals(referenceDigest) ? "equal" : "DIFFERENT";
        return List.of(
                transit(median.gpuTransitMicros()) + " / " + transit(median.videoTransitMicros()),
                median.buffers() + (median.batch() ? " batch" : ""),
                median.strategy(),
                number(startup.median()) + (median.withinAim() ? "" : " !"),
                "(" + number(startup.min()) + ".." + number(startup.max()) + ")",
                median(median.allocationMillis()),
                median(median.floorMillis()),
                median(median.registrationMillis()),
                median(median.blockedMillis()),
                median.hiddenRatio() == null
                        ? "-"
                        : String.format(
                                Locale.ROOT,
                                "%.0f%%",
                                100 * median.hiddenRatio().median()),
                String.format(Locale.ROOT, "%.0f", median.importFailures().median()),
                frames);
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            // Words to the left, numbers to the right.
            String cell = row.get(column);
            String padding = " ".repeat(widths[column] - cell.length());
            line.append(column <= 2 ? cell + padding : padding + cell).append(column < widths.length - 1 ? "  " : "");
        }
        return line.toString().stripTrailing();
    }

    private static String foot(MachineFacts machine) {
        return "times in ms, medians; ! above 1.1 x (allocation + floor + late answers) + 3 ms; " + machine.cpus()
                + " cpus, "
                + (machine.stealShare() == null
                        ? "steal unknown"
                        : String.format(Locale.ROOT, "steal %.1f%%", 100 * machine.stealShare()));
    }

    private static String median(@Nullable Spread spread) {
        return spread == null ? "-" : number(spread.median());
    }

    private static String number(double millis) {
        return String.format(Locale.ROOT, "%.2f", millis);
    }

    private static String transit(long micros) {
        return micros % 1000 == 0 ? micros / 1000 + " ms" : micros + " us";
    }
}
