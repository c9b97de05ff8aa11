package dev.crossdev.dmabuf.waiting;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A value that comes once, with threads and callbacks that wait for it. A waiter costs a thread's place in a latch, a
 * callback one small object in a linked list, both taken out in constant time.
 *
 * <p>Why not a {@code CompletableFuture}: a dependent that is cancelled stays in its list until the value comes, and it
 * cannot say how many wait.
 *
 * @param <T> the value
 */
public final class OneShot<T> {
    private static final System.Logger LOG = System.getLogger(OneShot.class.getName());

    private final CountDownLatch come = new CountDownLatch(1);
    private final Object lock = new Object();
    private volatile @Nullable T value;
    private @Nullable Callback<T> first;
    private @Nullable Callback<T> last;
    private int threads;
    private int callbacks;

    /** The value, or empty while it has not come. */
    public Optional<T> peek() {
        return Optional.ofNullable(value);
    }

    public boolean isSet() {
        return value != null;
    }

    /**
     * Sets the value, wakes who waits and then runs the callbacks on this thread, in the order in which they came, with no
     * lock held. An exception of a callback is logged and stops no other. Returns false, and does nothing, when there is a
     * value already.
     */
    public boolean set(T end) {
        Objects.requireNonNull(end, "end");
        Callback<T> callback;
        synchronized (lock) {
            if (value != null) {
                return false;
            }
            value = end;
            callback = first;
            first = null;
            last = null;
            callbacks = 0;
        }
        come.countDown();
        while (callback != null) {
            Callback<T> next = callback.take();
            callback.run(end);
            callback = next;
        }
        return true;
    }

    /**
     * Waits for the value. Whoever gives up touches nobody else.
     *
     * @param wait the caller's patience; zero or negative looks once
     * @return empty when it did not come in time
     * @throws ErrnoException EINTR when the thread was interrupted, whose flag stays set
     */
    public Optional<T> await(Duration wait) {
        T now = value;
        if (now != null) {
            return Optional.of(now);
        }
        count(1);
        try {
            boolean ended = come.await(Deadline.after(wait).remainingNanos(), TimeUnit.NANOSECONDS);
            assert !ended || value != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted while waiting", e);
        } finally {
            count(-1);
        }
        return peek();
    }

    /** Runs the callback once, with the value: at once on this thread when it is there, else as {@link #set} does. */
    public Subscription onSet(Consumer<? super T> action) {
        Callback<T> callback = new Callback<>(action);
        T now;
        synchronized (lock) {
            now = value;
            if (now == null) {
                append(callback);
                return () -> remove(callback);
            }
        }
        callback.run(now);
        return () -> {};
    }

    /** Threads and callbacks that wait now. */
    public int waiters() {
        synchronized (lock) {
            return threads + callbacks;
        }
    }

    private void count(int more) {
        synchronized (lock) {
            threads += more;
        }
    }

    private void append(Callback<T> callback) {
        callback.previous = last;
        if (last == null) {
            first = callback;
        } else {
            last.next = callback;
        }
        last = callback;
        callbacks++;
    }

    private void remove(Callback<T> callback) {
        synchronized (lock) {
            // Once the value is there the chain belongs to the thread that runs it.
            boolean linked = callback.live && value == null;
            callback.live = false;
            if (!linked) {
                return;
            }
            callbacks--;
            Callback<T> before = callback.previous;
            Callback<T> after = callback.next;
            if (before == null) {
                first = after;
            } else {
                before.next = after;
            }
            if (after == null) {
                last = before;
            } else {
                after.previous = before;
            }
            callback.previous = null;
            callback.next = null;
        }
    }

    private static final class Callback<T> {
        private final Consumer<? super T> action;
        private @Nullable Callback<T> previous;
        private @Nullable Callback<T> next;
        private volatile boolean live = true;

        Callback(Consumer<? super T> action) {
            this.action = action;
        }

        /** Leaves the chain; gives the one after it. */
        @Nullable
        Callback<T> take() {
            Callback<T> after = next;
            previous = null;
            next = null;
            return after;
        }

        void run(T value) {
            if (!live) {
                return;
            }
            try {
                action.accept(value);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "a callback failed", e);
            }
        }
    }
}
