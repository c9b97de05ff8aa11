package dev.crossdev.virtio.timing;

import java.time.Instant;

/**
 * Where {@link System#nanoTime()} stood on the wall clock at one moment, so that what was measured by the one can be said in
 * the other. Good for minutes: the wall clock may be set.
 *
 * @param epochNanos nanoseconds since 1970
 * @param nanoTime of the same moment
 */
public record WallClock(long epochNanos, long nanoTime) {

    private static final int READINGS = 3;

    /** Of several readings the one during which this thread was interrupted least. */
    public static WallClock now() {
        WallClock best = new WallClock(0, 0);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < READINGS; i++) {
            long before = System.nanoTime();
            Instant wall = Instant.now();
            long took = System.nanoTime() - before;
            if (took < least) {
                least = took;
                best = new WallClock(wall.getEpochSecond() * 1_000_000_000L + wall.getNano(), before + took / 2);
            }
        }
        return best;
    }

    /** Nanoseconds since 1970. */
    public long at(long nanos) {
        return epochNanos + (nanos - nanoTime);
    }
}
