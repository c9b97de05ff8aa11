package dev.crossdev.dmabuf.waiting;

import java.time.Duration;

/**
 * A point on the monotonic clock at which a wait ends. {@link System#nanoTime()} is CLOCK_MONOTONIC on Linux (HotSpot,
 * os_posix.cpp), so that deadlines mean the same in all processes of one machine and time namespace.
 *
 * @param nanos value of {@link System#nanoTime()} at which the wait ends
 */
public record Deadline(long nanos) {
    /** Centuries away: far enough for every wait, near enough for differences never to overflow. */
    private static final long LONGEST = Long.MAX_VALUE / 4;

    /** The deadline that lies {@code wait} ahead; a negative or zero duration has passed already. */
    public static Deadline after(Duration wait) {
        return new Deadline(System.nanoTime() + nanos(wait));
    }

    /** Nanoseconds left; zero when it has passed. */
    public long remainingNanos() {
        return Math.max(0, nanos - System.nanoTime());
    }

    public boolean passed() {
        return remainingNanos() == 0;
    }

    private static long nanos(Duration wait) {
        if (wait.isNegative()) {
            return 0;
        }
        return wait.compareTo(Duration.ofNanos(LONGEST)) >= 0 ? LONGEST : wait.toNanos();
    }
}
