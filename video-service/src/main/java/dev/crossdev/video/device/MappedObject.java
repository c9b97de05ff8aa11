package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.Reservation;
import java.time.Duration;
import java.util.List;

/**
 * An object whose memory is mapped here: what is painted into it is at once what the exporter sees.
 *
 * <p>It owns the moment of unmapping: {@code whenReleased} runs once, after {@link #release} and after the last write has
 * ended, never while native code could still touch the memory.
 */
public final class MappedObject implements ImportedObject {
    private final ObjectLayout layout;
    private final ObjectMemory memory;
    private final FenceSlot fence;
    private final int holder;
    private final Runnable whenReleased;

    /** Writes and looks under way, which need the mappings. */
    private int users;

    private boolean released;
    private boolean revoked;
    private Runnable revokeListener = () -> {};
    private volatile boolean orphaned;

    /**
     * @param memory all bytes of the object
     * @param fence the object's, in the exporter's table
     * @param holder this hold's number in that table
     * @param whenReleased unmaps and tells the exporter; must not block
     */
    public MappedObject(ObjectLayout layout, ObjectMemory memory, FenceSlot fence, int holder, Runnable whenReleased) {
        if (memory.size() != layout.size()) {
            throw new IllegalArgumentException(
                    memory.size() + " bytes are not an object of " + layout.size() + " bytes");
        }
        this.layout = layout;
        this.memory = memory;
        this.fence = fence;
        this.holder = holder;
        this.whenReleased = whenReleased;
    }

    @Override
    public ObjectLayout layout() {
        return layout;
    }

    @Override
    public String path() {
        return memory.path();
    }

    @Override
    public List<FenceInfo> fences() {
        synchronized (this) {
            if (released || revoked || orphaned) {
                return List.of();
            }
            users++;
        }
        try {
            return Reservation.shared(fence, holder, this::holderName).info();
        } finally {
            end();
        }
    }

    /** The exporter is number 1 in its table (see FenceSlot); other importers' names only it knows. */
    private String holderName(int number) {
        return number == holder ? "this device" : number == 1 ? "exporter" : "importer " + number;
    }

    @Override
    public <X extends Exception> void write(Painter<X> painter, Duration wait, Duration hold) throws X {
        begin();
        try {
            if (orphaned) {
                memory.paint(painter);
            } else {
                paintFenced(painter, wait, hold);
            }
        } finally {
            end();
        }
    }

    private <X extends Exception> void paintFenced(Painter<X> painter, Duration wait, Duration hold) throws X {
        fence.acquireWrite(holder, wait, hold);
        boolean painted = false;
        boolean released = false;
        try {
            memory.paint(painter);
            painted = true;
        } finally {
            released = fence.releaseWrite(holder, !painted);
        }
        if (!released && !orphaned) {
            throw new ErrnoException(
                    Errno.ETIMEDOUT, "writing took longer than " + hold + ": others may have seen half a picture");
        }
    }

    /**
     * The exporter no longer counts this hold: the slot and the holder's number may be somebody else's by now. The memory
     * stays, written without a fence from here on.
     */
    public void orphan() {
        orphaned = true;
    }

    @Override
    public synchronized boolean onRevoked(Runnable listener) {
        if (revoked) {
            return false;
        }
        revokeListener = listener;
        return true;
    }

    @Override
    public synchronized boolean revoked() {
        return revoked;
    }

    /**
     * The exporter takes the memory away: nothing is written from here on but what is being written now, and {@code
     * whenReleased} runs as soon as that is over. Does not wait.
     */
    public void revoke() {
        Runnable listener;
        synchronized (this) {
            if (revoked) {
                return;
            }
            revoked = true;
            listener = revokeListener;
        }
        listener.run();
        release();
    }

    @Override
    public void release() {
        synchronized (this) {
            if (released) {
                return;
            }
            released = true;
            if (users > 0) {
                return;
            }
        }
        whenReleased.run();
    }

    private synchronized void begin() {
        if (released || revoked) {
            throw new ErrnoException(Errno.EIO, revoked ? "the object was revoked" : "the object was released");
        }
        users++;
    }

    private void end() {
        synchronized (this) {
            users--;
            if (!released || users > 0) {
                return;
            }
        }
        whenReleased.run();
    }
}
