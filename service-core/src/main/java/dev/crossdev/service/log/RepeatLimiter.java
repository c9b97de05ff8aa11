package dev.crossdev.service.log;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Lets the first few of a kind pass in each interval and counts the others. Bounded: whoever invents kinds shares what is left
 * for those who came too late.
 *
 * @param <K> kinds
 */
final class RepeatLimiter<K> {

    private final int most;
    private final long interval;
    private final int mostKinds;
    private final K theRest;
    private final LongSupplier nanoTime;
    private final Map<K, Count> counts = new HashMap<>();

    private static final class Count {
        final long since;
        long seen;

        Count(long since) {
            this.since = since;
        }
    }

    /**
     * @param most of a kind in an interval
     * @param interval in nanoseconds; begins with a kind's first
     * @param mostKinds at a time
     * @param theRest the kind of all that are one too many
     */
    RepeatLimiter(int most, long interval, int mostKinds, K theRest, LongSupplier nanoTime) {
        this.most = most;
        this.interval = interval;
        this.mostKinds = mostKinds;
        this.theRest = theRest;
        this.nanoTime = nanoTime;
    }

    /**
     * What became of one.
     *
     * @param kind as which it was counted
     * @param passes whether it is one of the first few
     * @param firstHeld whether it is the first that was held back: somebody should {@link #end} the interval when it is over
     */
    record Verdict<K>(K kind, boolean passes, boolean firstHeld) {}

    synchronized Verdict<K> next(K kind) {
        long now = nanoTime.getAsLong();
        K as = counts.containsKey(kind) || counts.size() < mostKinds ? kind : shared(now, kind);
        Count count = counts.get(as);
        if (count == null || now - count.since >= interval && count.seen <= most) {
            count = new Count(now);
            counts.put(as, count);
        }
        count.seen++;
        return new Verdict<>(as, count.seen <= most, count.seen == most + 1L);
    }

    /** Room is made by those whose interval is over; those that held something back stay until they are ended. */
    private K shared(long now, K kind) {
        counts.values().removeIf(count -> now - count.since >= interval && count.seen <= most);
        return counts.size() < mostKinds ? kind : theRest;
    }

    /** Ends a kind's interval; says how many were held back in it. */
    synchronized long end(K kind) {
        Count count = counts.remove(kind);
        return count == null ? 0 : Math.max(0, count.seen - most);
    }
}
