package dev.crossdev.cli.report;

import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The measured answer to the question that the kernel thread left open: from which round trip on does waiting in the
 * allocator cost a pipeline the "10s of milliseconds" that were guessed?
 */
public final class Answer {

    private static final double GUESSED_COST_MILLIS = 10;

    private Answer() {}

    /** A few sentences; empty when the report lacks the strategies to compare. */
    public static List<String> of(Report report) {
        List<String> sentences = new ArrayList<>();
        new TreeMap<>(report.medians().stream()
                        .filter(row -> !row.batch())
                        .collect(Collectors.groupingBy(MedianRow::buffers)))
                .forEach((buffers, rows) -> sentences.addAll(of(buffers, rows)));
        return sentences;
    }

    private static List<String> of(int buffers, List<MedianRow> rows) {
        double weightedCost = 0;
        double weight = 0;
        List<String> sentences = new ArrayList<>();
        for (MedianRow blocking : rows) {
            if (!isOf(blocking, RegistrationStrategy.BLOCK_AT_ALLOCATION) || blocking.registrationMillis() == null) {
                continue;
            }
            MedianRow deferred = rows.stream()
                    .filter(row -> isOf(row, RegistrationStrategy.DEFERRED) && sameLatency(row, blocking))
                    .findFirst()
                    .orElse(null);
            if (deferred == null) {
                continue;
            }
            double roundTrip = blocking.registrationMillis().median();
            double cost =
                    blocking.startupMillis().median() - deferred.startupMillis().median();
            weightedCost += roundTrip * cost;
            weight += roundTrip * roundTrip;
        }
        // Least squares through the origin: no round trip, no cost.
        double costPerMilli = weight == 0 ? 0 : weightedCost / weight;
        if (costPerMilli > 0) {
            sentences.add(String.format(
                    Locale.ROOT,
                    "With %d buffers, waiting in the allocator costs 10 ms of start-up from a round trip of %.2f ms on:"
                            + " each millisecond of round trip costs %.1f ms against waiting in get_uuid.",
                    buffers,
                    GUESSED_COST_MILLIS / costPerMilli,
                    costPerMilli));
        }
        rows.stream()
                .filter(row -> isOf(row, RegistrationStrategy.DEFERRED) && row.hiddenRatio() != null)
                .filter(row -> row.gpuTransitMicros() > 0)
                .map(row -> String.format(
                        Locale.ROOT,
                        "At a round trip of %.1f ms%s the deferred strategy hides %.0f %% of it.",
                        Objects.requireNonNull(row.registrationMillis()).median(),
                        row.videoTransitMicros() == row.gpuTransitMicros() ? "" : " on the GPU alone",
                        100 * Objects.requireNonNull(row.hiddenRatio()).median()))
                .forEach(sentences::add);
        return sentences;
    }

    private static boolean isOf(MedianRow row, RegistrationStrategy strategy) {
        return row.strategy().equals(strategy.toString());
    }

    private static boolean sameLatency(MedianRow one, MedianRow other) {
        return one.gpuTransitMicros() == other.gpuTransitMicros()
                && one.videoTransitMicros() == other.videoTransitMicros()
                && one.serviceMicros() == other.serviceMicros();
    }
}
