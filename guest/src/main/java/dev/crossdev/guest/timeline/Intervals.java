package dev.crossdev.guest.timeline;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Union of time intervals. Two callers who wait at once for the same answer have waited once: blocked time is the length
 * of the union and never the sum of the waits.
 */
public final class Intervals {

    private Intervals() {}

    /**
     * A half-open interval.
     *
     * @param startNanos first nanosecond
     * @param endNanos first nanosecond after it, not before {@code startNanos}
     */
    public record Interval(long startNanos, long endNanos) {

        /** @throws IllegalArgumentException when it ends before it starts */
        public Interval {
            if (endNanos < startNanos) {
                throw new IllegalArgumentException("an interval from " + startNanos + " to " + endNanos);
            }
        }

        /** Nanoseconds. */
        public long length() {
            return endNanos - startNanos;
        }
    }

    /**
     * The fewest intervals that cover the same instants.
     *
     * @param intervals in any order, overlapping or not
     * @return in order, none empty, none touching another
     */
    public static List<Interval> union(Collection<Interval> intervals) {
        List<Interval> ordered = intervals.stream()
                .filter(interval -> interval.length() > 0)
                .sorted(Comparator.comparingLong(Interval::startNanos))
                .toList();
        List<Interval> merged = new ArrayList<>();
        for (Interval next : ordered) {
            Interval last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && next.startNanos() <= last.endNanos()) {
                merged.set(
                        merged.size() - 1, new Interval(last.startNanos(), Math.max(last.endNanos(), next.endNanos())));
            } else {
                merged.add(next);
            }
        }
        return List.copyOf(merged);
    }

    /** Nanoseconds that at least one of the intervals covers. */
    public static long unionLength(Collection<Interval> intervals) {
        return union(intervals).stream().mapToLong(Interval::length).sum();
    }
}
