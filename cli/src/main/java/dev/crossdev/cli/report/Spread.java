package dev.crossdev.cli.report;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A number over the rounds of a cell.
 *
 * @param median the middle value; of an even number of rounds the mean of the two in the middle
 * @param min the smallest
 * @param max the largest
 * @param rounds how many there were
 */
public record Spread(double median, double min, double max, int rounds) {

    /** Over the values; null when there are none. */
    public static @Nullable Spread of(Collection<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        if (sorted.length == 0) {
            return null;
        }
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(Rounded.thousandths(median), sorted[0], sorted[sorted.length - 1], sorted.length);
    }
}
