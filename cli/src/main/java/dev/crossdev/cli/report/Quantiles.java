package dev.crossdev.cli.report;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A number over a run's buffers, in milliseconds. Percentiles are values that occurred (nearest rank).
 *
 * @param p50 null without any value
 * @param p99 null without any value
 * @param max null without any value
 * @param sum of all values
 */
public record Quantiles(
        @Nullable Double p50,
        @Nullable Double p99,
        @Nullable Double max,
        double sum) {

    /** Over nanoseconds. */
    public static Quantiles ofNanos(LongStream nanos) {
        long[] sorted = nanos.sorted().toArray();
        return new Quantiles(
                rank(sorted, 0.50),
                rank(sorted, 0.99),
                rank(sorted, 1.00),
                Rounded.millis(Arrays.stream(sorted).sum()));
    }

    private static @Nullable Double rank(long[] sorted, double share) {
        return sorted.length == 0 ? null : Rounded.millis(nearestRank(sorted, share));
    }

    /**
     * A value that occurred.
     *
     * @param sorted at least one
     * @param share 0.5 is the median
     */
    public static long nearestRank(long[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}
