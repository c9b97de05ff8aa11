package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One holder's fences, in order (Linux, a dma_fence context): when one of them signals, those before it have too. Closing
 * it is the holder's death: what is pending signals with ENODEV.
 */
public final class Timeline implements AutoCloseable {
    private final String owner;
    private final Object lock = new Object();
    private final TreeMap<Long, TimelineFence> pending = new TreeMap<>();
    private long last;
    private boolean closed;

    /** @param owner who does the work, for people */
    public Timeline(String owner) {
        this.owner = owner;
    }

    public String owner() {
        return owner;
    }

    /**
     * A fence for work that begins now.
     *
     * @param hold after which it signals by itself, with ETIMEDOUT
     * @throws ErrnoException ENODEV when the timeline is closed; EINVAL for a hold that is not positive
     */
    public TimelineFence begin(Duration hold) {
        if (hold.isNegative() || hold.isZero()) {
            throw new ErrnoException(Errno.EINVAL, "a fence is held for " + hold);
        }
        synchronized (lock) {
            if (closed) {
                throw new ErrnoException(Errno.ENODEV, owner + " is gone");
            }
            TimelineFence fence = new TimelineFence(this, ++last, Deadline.after(hold));
            pending.put(last, fence);
            return fence;
        }
    }

    /** Fences that have not signalled. */
    public int pending() {
        synchronized (lock) {
            return pending.size();
        }
    }

    /** The holder is gone. Fences that are pending signal with ENODEV; there are no new ones. */
    @Override
    public void close() {
        List<TimelineFence> left;
        synchronized (lock) {
            closed = true;
            left = take(pending.values());
        }
        left.forEach(fence -> fence.end(Optional.of(Errno.ENODEV)));
    }

    @Override
    public String toString() {
        return owner;
    }

    boolean signal(TimelineFence fence, Optional<Errno> error) {
        List<TimelineFence> before;
        synchronized (lock) {
            if (pending.remove(fence.sequence()) == null) {
                return false;
            }
            before = take(pending.headMap(fence.sequence()).values());
        }
        before.forEach(earlier -> earlier.end(Optional.empty()));
        return fence.end(error);
    }

    /** A deadline says nothing of the work before it. Afterwards the fence has signalled, whoever came first. */
    void expire(TimelineFence fence) {
        fence.end(Optional.of(Errno.ETIMEDOUT));
        synchronized (lock) {
            pending.remove(fence.sequence());
        }
    }

    private static List<TimelineFence> take(Collection<TimelineFence> fences) {
        List<TimelineFence> taken = new ArrayList<>(fences);
        fences.clear();
        return taken;
    }
}
