package dev.crossdev.virtio.timing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets through only what belongs to the present epoch, and at the end of an epoch waits until those of the old one that
 * were let through are out again. So nothing of an old epoch happens once {@link #end} has returned.
 *
 * <p>Who is inside holds no lock: callbacks run free.
 */
final class EpochGate {

    /** Those inside only hand a message on; one that takes longer than this is stuck and not waited for. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** The time between two resets. */
    static final class Epoch {
        private final AtomicInteger inside = new AtomicInteger();
        private volatile boolean over;

        boolean isOver() {
            return over;
        }
    }

    /** How often this thread is inside, so that a callback that resets the device does not wait for itself. */
    private final ThreadLocal<int[]> depth = ThreadLocal.withInitial(() -> new int[1]);

    private volatile Epoch current = new Epoch();

    Epoch current() {
        return current;
    }

    /** Runs the action if its epoch still lasts. */
    void pass(Epoch epoch, Runnable action) {
        int[] depthHere = depth.get();
        epoch.inside.incrementAndGet();
        depthHere[0]++;
        try {
            if (!epoch.over) {
                action.run();
            }
        } finally {
            depthHere[0]--;
            epoch.inside.decrementAndGet();
            if (epoch.over) {
                synchronized (epoch) {
                    epoch.notifyAll();
                }
            }
        }
    }

    /** Ends the present epoch at once; until {@link #begin} nothing passes. */
    Epoch end() {
        Epoch ended = current;
        ended.over = true;
        return ended;
    }

    /** Waits, at most a second, for those inside to leave; an interrupt is kept for later. */
    void awaitEmpty(Epoch ended) {
        int mine = depth.get()[0];
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        boolean interrupted = false;
        synchronized (ended) {
            long left = PATIENCE_NANOS;
            while (ended.inside.get() > mine && left > 0) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(ended, Math.max(left, TimeUnit.MILLISECONDS.toNanos(1)));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
                left = deadline - System.nanoTime();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begins the next epoch. */
    void begin() {
        current = new Epoch();
    }
}
