package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.dmabuf.waiting.OneShot;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A fence of this process, signalled by whoever does the work. Made by {@link Timeline#begin}. */
public final class TimelineFence implements Fence {
    private final Timeline timeline;
    private final long sequence;
    private final Deadline deadline;
    private final OneShot<Optional<Errno>> end = new OneShot<>();
    private final Object lock = new Object();
    /** Runs only while a callback needs it: a thread that waits looks at the clock itself. */
    private @Nullable CompletableFuture<?> alarm;

    TimelineFence(Timeline timeline, long sequence, Deadline deadline) {
        this.timeline = timeline;
        this.sequence = sequence;
        this.deadline = deadline;
    }

    public Timeline timeline() {
        return timeline;
    }

    /**
     * The work is done, and with it all that was begun before it on this timeline. Returns false when it had signalled
     * already, by its deadline for one.
     */
    public boolean signal() {
        return timeline.signal(this, Optional.empty());
    }

    /** The work has ended and its result cannot be relied upon; else as {@link #signal()}. */
    public boolean signal(Errno error) {
        return timeline.signal(this, Optional.of(error));
    }

    @Override
    public boolean signalled() {
        if (!end.isSet() && deadline.passed()) {
            timeline.expire(this);
        }
        return end.isSet();
    }

    @Override
    public Optional<Errno> error() {
        return signalled() ? end.peek().flatMap(error -> error) : Optional.empty();
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public String owner() {
        return timeline.owner();
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public void await(Duration wait) {
        Duration left = Duration.ofNanos(deadline.remainingNanos());
        Optional<Optional<Errno>> ended = end.await(wait.compareTo(left) < 0 ? wait : left);
        if (ended.isEmpty() && !signalled()) {
            throw new ErrnoException(Errno.ETIMEDOUT, this + " has not signalled");
        }
    }

    @Override
    public Subscription onSignalled(Consumer<Optional<Errno>> action) {
        if (!signalled()) {
            startAlarm();
        }
        return end.onSet(action);
    }

    /** Threads and callbacks that wait now. */
    public int waiters() {
        return end.waiters();
    }

    @Override
    public String toString() {
        return "fence " + owner() + "#" + sequence;
    }

    /** To be called by the timeline, with no lock held. Returns whether this was the end. */
    boolean end(Optional<Errno> error) {
        boolean first = end.set(error);
        synchronized (lock) {
            if (alarm != null) {
                alarm.cancel(false);
                alarm = null;
            }
        }
        return first;
    }

    private void startAlarm() {
        CompletableFuture<Void> timer = new CompletableFuture<>();
        synchronized (lock) {
            if (alarm != null || end.isSet()) {
                return;
            }
            alarm = timer;
        }
        // Callbacks may take their time, which the JDK's one timer thread has not.
        var _ = timer.thenRunAsync(() -> timeline.expire(this), Thread::startVirtualThread);
        var _ = timer.completeOnTimeout(null, deadline.remainingNanos(), TimeUnit.NANOSECONDS);
    }
}
