package dev.crossdev.virtio.queue;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.memory.GuestMemory;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * The device's side of one split virtqueue. Usual use, on whatever thread a kick wakes:
 *
 * <pre>{@code
 * do {
 *     queue.disableNotifications();
 *     while (queue.poll(chain)) {
 *         ... chain.copyReadable(request) ... chain.write(answer) ...
 *         queue.complete(chain, written);      // now, or later from another thread
 *     }
 *     if (queue.needsNotification()) {
 *         call();
 *     }
 * } while (queue.enableNotifications());
 * }</pre>
 *
 * <p>One thread at a time takes ({@link #poll}, the notifications' two methods), one thread at a time gives back ({@link
 * #complete}, {@link #needsNotification}); the two may differ and need no lock between them. Nothing here waits, and nothing
 * but a failure allocates where guest memory is mapped.
 *
 * <p>After a {@link RingException} nothing more is taken: every later {@link #poll} says the same.
 */
public final class SplitQueue {

    private final QueueLayout layout;
    private final boolean eventIndex;
    private final DescriptorWalk walk;
    private final GuestMemory memory;
    private final int mask;
    /** Which heads the device has; 1 is yes. */
    private final AtomicIntegerArray taken;

    private volatile RingMemory ring;
    private volatile @Nullable RingException broken;

    /** Written by the taker; free-running. */
    private volatile short nextAvailable;

    /** These three are the giver's. */
    private volatile short nextUsed;

    private short notifiedUpTo;
    private boolean everNotified;

    /** Of the taker alone: that the driver was told to notify, where it is told by a flag. */
    private boolean notificationsOn = true;

    /**
     * A queue that begins at its first entry.
     *
     * @param features as the driver accepted them: INDIRECT_DESC and EVENT_IDX matter here
     * @throws RingException for a ring that cannot be
     */
    public SplitQueue(GuestMemory memory, QueueLayout layout, Features features) throws RingException {
        this(memory, layout, features, 0);
    }

    /**
     * A queue that goes on where another one stopped. The index of the used ring is the one that lies in memory.
     *
     * @param nextAvailable as {@link #nextAvailable} was, 0 to 65535
     * @throws RingException for a ring that cannot be
     */
    public SplitQueue(GuestMemory memory, QueueLayout layout, Features features, int nextAvailable)
            throws RingException {
        if (!QueueLayout.isSize(layout.size())) {
            throw new RingException(
                    RingException.Kind.QUEUE_SIZE, layout.size() + " is no power of two up to " + QueueLayout.MAX_SIZE);
        }
        this.memory = memory;
        this.layout = layout;
        this.eventIndex = features.has(TransportFeature.EVENT_IDX);
        this.walk = new DescriptorWalk(layout.size(), features.has(TransportFeature.INDIRECT_DESC));
        this.mask = layout.size() - 1;
        this.taken = new AtomicIntegerArray(layout.size());
        this.nextAvailable = (short) nextAvailable;
        this.ring = map();
        this.nextUsed = usedIndex();
        this.notifiedUpTo = nextUsed;
    }

    public QueueLayout layout() {
        return layout;
    }

    /** Buffers taken and not given back. */
    public int inFlight() {
        int count = 0;
        for (int i = 0; i < taken.length(); i++) {
            count += taken.getPlain(i);
        }
        return count;
    }

    /** The index of the entry that will be taken next, 0 to 65535 and then 0 again: what GET_VRING_BASE answers. */
    public int nextAvailable() {
        return Short.toUnsignedInt(nextAvailable);
    }

    /** The index of the entry that will be given back next, likewise. */
    public int nextUsed() {
        return Short.toUnsignedInt(nextUsed);
    }

    /**
     * Buffers that the driver has made available and that were not taken. What a driver wrote there that cannot be is told
     * by {@link #poll}.
     *
     * @throws RingException MEMORY_GONE
     */
    public int waiting() throws RingException {
        try {
            return Short.toUnsignedInt((short) (ring.availableIndex() - nextAvailable));
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
    }

    /**
     * Looks the ring up again, because the guest's memory table changed. Buffers taken before stay what they were.
     *
     * @throws RingException the ring is not in guest memory any more
     */
    public void remap() throws RingException {
        ring = map();
    }

    private short usedIndex() throws RingException {
        try {
            return ring.usedIndex();
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
    }

    private RingMemory map() throws RingException {
        try {
            return RingMemory.of(memory, layout, eventIndex);
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
    }

    /**
     * Takes the next buffer that the driver made available.
     *
     * @return false when there is none; the chain is then as it was
     * @throws RingException for a ring that cannot be; now and at every later call
     */
    public boolean poll(Chain chain) throws RingException {
        RingException before = broken;
        if (before != null) {
            throw before;
        }
        try {
            return take(chain, ring);
        } catch (RingException e) {
            broken = e;
            throw e;
        } catch (IllegalStateException | ErrnoException closed) {
            RingException e = gone(closed);
            broken = e;
            throw e;
        }
    }

    private boolean take(Chain chain, RingMemory now) throws RingException {
        short next = nextAvailable;
        int waiting = Short.toUnsignedInt((short) (now.availableIndex() - next));
        if (waiting == 0) {
            return false;
        }
        if (waiting > layout.size()) {
            throw new RingException(
                    RingException.Kind.AVAILABLE_INDEX, waiting + " buffers available of " + layout.size());
        }
        int head = now.availableHead(next & mask);
        if (head >= layout.size()) {
            throw new RingException(RingException.Kind.HEAD_OUT_OF_RANGE, head + " of " + layout.size());
        }
        if (taken.getPlain(head) != 0) {
            throw new RingException(RingException.Kind.HEAD_IN_USE, "descriptor " + head);
        }
        walk.fill(chain, head, now);
        taken.setOpaque(head, 1);
        nextAvailable = (short) (next + 1);
        return true;
    }

    /**
     * Gives a buffer back. The driver sees it at once; whether it wants to be told, {@link #needsNotification} says.
     *
     * @param written bytes written from the beginning of the writable part on, at most {@link Chain#writableBytes}
     * @throws RingException MEMORY_GONE
     * @throws IllegalStateException for a buffer that this queue did not give out or that was given back
     */
    public void complete(Chain chain, long written) throws RingException {
        if (written < 0 || written > chain.writableBytes()) {
            throw new IllegalArgumentException(written + " bytes written of " + chain.writableBytes());
        }
        int head = chain.head();
        if (head < 0 || head >= taken.length() || !taken.compareAndSet(head, 1, 0)) {
            throw new IllegalStateException("buffer " + head + " is not with the device");
        }
        RingMemory now = ring;
        short index = nextUsed;
        try {
            now.usedEntry(index & mask, head, (int) written);
            now.moveUsedIndex((short) (index + 1));
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
        nextUsed = (short) (index + 1);
    }

    /**
     * Whether the driver wants to be told of what was given back since this was asked last (virtio 1.4, Used Buffer
     * Notification Suppression). Whoever gets a yes tells it.
     *
     * @throws RingException MEMORY_GONE
     */
    public boolean needsNotification() throws RingException {
        short now = nextUsed;
        short old = notifiedUpTo;
        if (now == old) {
            return false;
        }
        notifiedUpTo = now;
        boolean first = !everNotified;
        everNotified = true;
        // The index is written before the driver's wish is read, or both sides could wait for each other.
        VarHandle.fullFence();
        try {
            if (!eventIndex) {
                return !ring.interruptsSuppressed();
            }
            return first || isBetween(ring.usedEvent(), old, now);
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
    }

    /** Whether an index lies in [from, to), all of them free-running (vring_need_event of linux/virtio_ring.h). */
    private static boolean isBetween(short index, short from, short to) {
        return Short.toUnsignedInt((short) (to - index - 1)) < Short.toUnsignedInt((short) (to - from));
    }

    /**
     * Says that the driver need not notify; it may all the same. With EVENT_IDX nothing is said: an index that was passed
     * asks for nothing until it comes round again.
     *
     * @throws RingException MEMORY_GONE
     */
    public void disableNotifications() throws RingException {
        if (eventIndex || !notificationsOn) {
            return;
        }
        notificationsOn = false;
        try {
            ring.notifyFlag(false);
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
    }

    /**
     * Asks the driver to notify of the next buffer (virtio 1.4, Available Buffer Notification Suppression).
     *
     * @return true when there is one already, of which no notification may come: poll again
     * @throws RingException MEMORY_GONE
     */
    public boolean enableNotifications() throws RingException {
        RingMemory now = ring;
        try {
            if (eventIndex) {
                now.availableEvent(nextAvailable);
            } else if (!notificationsOn) {
                now.notifyFlag(true);
            }
            notificationsOn = true;
            // The wish is written before the driver's index is read, or a buffer that came in between would wait for
            // ever.
            VarHandle.fullFence();
            return now.availableIndex() != nextAvailable;
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
    }

    private static RingException gone(RuntimeException closed) {
        return new RingException(RingException.Kind.MEMORY_GONE, "guest memory is gone under the ring", closed);
    }
}
