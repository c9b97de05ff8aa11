package dev.crossdev.dmabuf.waiting;

import java.util.concurrent.locks.LockSupport;

/**
 * Waiting for something that another process does and that nothing announces: a short spin, then parks that double from
 * 20 µs to 1 ms, never past the deadline. One instance serves one wait. Parking (unlike poll(2)) gives a virtual thread's
 * carrier back.
 */
public final class Backoff {
    private static final int SPINS = 64;
    private static final long FIRST_PARK_NANOS = 20_000;
    private static final long LONGEST_PARK_NANOS = 1_000_000;

    private final Deadline deadline;
    private int spins;
    private long park = FIRST_PARK_NANOS;

    public Backoff(Deadline deadline) {
        this.deadline = deadline;
    }

    /**
     * Pauses once. Returns false without pausing when the deadline has passed. Returns early, with the interrupt flag
     * set, when the thread is interrupted: looking at the flag is the caller's business.
     */
    public boolean pause() {
        long remaining = deadline.remainingNanos();
        if (remaining == 0) {
            return false;
        }
        if (spins < SPINS) {
            spins++;
            Thread.onSpinWait();
            return true;
        }
        LockSupport.parkNanos(this, Math.min(park, remaining));
        park = Math.min(park * 2, LONGEST_PARK_NANOS);
        return true;
    }
}
