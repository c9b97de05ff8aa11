package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Backoff;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.dmabuf.waiting.OneShot;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A fence that lies in a word of a fence table, of whatever process. It has signalled when the word no longer says what it
 * said; nothing announces that, so a wait looks again and again, and callbacks have a virtual thread that does.
 */
final class SlotFence implements Fence {
    private final FenceSlot slot;
    private final long word;
    private final long value;
    private final OneShot<Optional<Errno>> end = new OneShot<>();
    private final Object lock = new Object();
    private boolean watched;

    /** @param value of the word, in which a fence is held */
    SlotFence(FenceSlot slot, long word, long value) {
        this.slot = slot;
        this.word = word;
        this.value = value;
    }

    Usage usage() {
        return FenceSlot.usage(word);
    }

    int holder() {
        return FenceWord.holder(value);
    }

    @Override
    public boolean signalled() {
        if (!end.isSet()) {
            look();
        }
        return end.isSet();
    }

    @Override
    public Optional<Errno> error() {
        return signalled() ? end.peek().flatMap(error -> error) : Optional.empty();
    }

    @Override
    public Deadline deadline() {
        return FenceWord.deadline(value);
    }

    @Override
    public String owner() {
        return "holder " + holder();
    }

    @Override
    public long sequence() {
        return 0;
    }

    @Override
    public void await(Duration wait) {
        Backoff backoff = new Backoff(Deadline.after(wait));
        while (!signalled()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new ErrnoException(Errno.EINTR, "interrupted while waiting for " + this);
            }
            if (!backoff.pause()) {
                throw new ErrnoException(Errno.ETIMEDOUT, this + " has not signalled");
            }
        }
    }

    @Override
    public Subscription onSignalled(Consumer<Optional<Errno>> action) {
        Subscription subscription = end.onSet(action);
        synchronized (lock) {
            if (!watched && !end.isSet()) {
                watched = true;
                Thread.ofVirtual().name("crossdev-fence").start(this::watch);
            }
        }
        return subscription;
    }

    @Override
    public String toString() {
        return usage() + " of " + owner() + " in slot " + slot.index();
    }

    /** Looks until it has signalled, which its deadline sees to, or until nobody wants to know any more. */
    private void watch() {
        Backoff backoff = new Backoff(Deadline.after(Duration.ofNanos(Long.MAX_VALUE)));
        while (!signalled()) {
            synchronized (lock) {
                if (end.waiters() == 0) {
                    watched = false;
                    return;
                }
            }
            backoff.pause();
        }
    }

    private void look() {
        long now;
        try {
            now = slot.settled(word);
        } catch (IllegalStateException _) {
            // The table was closed: nobody of those who held something there is left.
            end.set(Optional.of(Errno.ENODEV));
            return;
        }
        if (FenceWord.held(now)) {
            // The same holder with an earlier deadline has renewed this fence; with a later one it is the next.
            if (FenceWord.holder(now) != holder() || now > value) {
                end.set(Optional.empty());
            }
        } else if (usage() == Usage.WRITE && FenceWord.error(now) != 0) {
            end.set(Optional.of(Errno.of(FenceWord.error(now))));
        } else {
            end.set(Optional.empty());
        }
    }
}
