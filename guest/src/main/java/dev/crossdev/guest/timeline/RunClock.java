package dev.crossdev.guest.timeline;

import java.util.function.LongSupplier;

/**
 * The clock of a run: {@link System#nanoTime()}, which on Linux is CLOCK_MONOTONIC and therefore the services' clock too
 * when they run on this machine.
 */
public final class RunClock {

    private final LongSupplier nanoTime;
    private volatile long start;

    /** A clock whose run starts now. */
    public RunClock() {
        this(System::nanoTime);
    }

    /** A clock over another source of nanoseconds, for tests. */
    public RunClock(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        start = nanoTime.getAsLong();
    }

    /** Lets the run start now. What was noted before then has negative times. */
    public void restart() {
        start = nanoTime.getAsLong();
    }

    /** When the run started: CLOCK_MONOTONIC, nanoseconds. */
    public long start() {
        return start;
    }

    /** CLOCK_MONOTONIC, nanoseconds. */
    public long now() {
        return nanoTime.getAsLong();
    }

    /** Nanoseconds from the run's start. */
    public long sinceStart(long nanoTime) {
        return nanoTime - start;
    }

    /** Nanoseconds from the run's start until now. */
    public long elapsed() {
        return sinceStart(now());
    }
}
