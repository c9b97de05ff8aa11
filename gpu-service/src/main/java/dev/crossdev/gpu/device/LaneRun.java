package dev.crossdev.gpu.device;

import java.time.Duration;
import java.util.function.Consumer;

/** What a {@link CommandLane} does from the first command that finds it idle until its line is empty. */
final class LaneRun {
    private static final System.Logger LOG = System.getLogger(LaneRun.class.getName());

    /** A command that is being executed at a reset copies pixels at worst. */
    private static final Duration LONGEST_EXECUTION = Duration.ofSeconds(1);

    private final String lane;
    private final Object lock;
    private final Consumer<LaneRun> over;
    private Thread thread;
    private boolean waiting;
    /** Executed, and not answered because an earlier one is not. */
    private int ahead;

    private boolean cancelled;
    private boolean ended;

    /**
     * A run on that thread.
     *
     * @param lock the lane's
     * @param over told of the end, under the lock
     */
    LaneRun(String lane, Object lock, Thread thread, Consumer<LaneRun> over) {
        this.lane = lane;
        this.lock = lock;
        this.thread = thread;
        this.over = over;
    }

    /** Under the lock, which wakes who waits for it. Interrupts only a wait of ours, never a sender's thread or a receiver's code. */
    void cancel() {
        cancelled = true;
        if (waiting) {
            thread.interrupt();
        }
        lock.notifyAll();
    }

    /** Under the lock. */
    boolean isCancelled() {
        return cancelled;
    }

    /** Under the lock; false after a reset. */
    boolean moveTo(Thread next) {
        if (!cancelled) {
            thread = next;
        }
        return !cancelled;
    }

    /** Under the lock: commands executed and not answered, beside the one whose turn it is. */
    int ahead() {
        return ahead;
    }

    /** Under the lock: one more is executed before its turn. */
    void oneMore() {
        ahead++;
    }

    /** It is the next one's turn, and that many are executed behind it. */
    void remain(int begun) {
        synchronized (lock) {
            ahead = begun;
        }
    }

    /** Before a wait; false after a reset. */
    boolean waits() {
        synchronized (lock) {
            waiting = !cancelled;
            return waiting;
        }
    }

    void waited() {
        synchronized (lock) {
            waiting = false;
            // Meant for the wait alone, if it came.
            boolean interrupted = Thread.interrupted();
            assert !interrupted || cancelled;
        }
    }

    void end() {
        synchronized (lock) {
            over.accept(this);
            ended = true;
            lock.notifyAll();
        }
    }

    void awaitEnd() {
        long deadline = System.nanoTime() + LONGEST_EXECUTION.toNanos();
        boolean interrupted = false;
        synchronized (lock) {
            while (!ended && thread != Thread.currentThread()) {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    LOG.log(System.Logger.Level.WARNING, "a command of lane " + lane + " outlived a reset");
                    break;
                }
                try {
                    lock.wait(millis);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
