package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * An object whose memory is mapped here: what is painted into it is at once what the exporter sees.
 *
 * <p>It owns the moment of unmapping: {@code whenReleased} runs once, after {@link #release} and after the last write has
 * ended, never while native code could still touch the memory.
 */
public final class MappedObject implements ImportedObject {
    private final ObjectLayout layout;
    private final MemorySegment memory;
    private final FenceSlot fence;
    private final int holder;
    private final Runnable whenReleased;

    private int writes;
    private boolean released;
    private volatile boolean orphaned;

    /**
     * @param memory all bytes of the object
     * @param fence the object's, in the exporter's table
     * @param holder this hold's number in that table
     * @param whenReleased unmaps and tells the exporter; must not block
     */
    public MappedObject(ObjectLayout layout, MemorySegment memory, FenceSlot fence, int holder, Runnable whenReleased) {
        if (memory.byteSize() != layout.size()) {
            throw new IllegalArgumentException(
                    memory.byteSize() + " bytes are not an object of " + layout.size() + " bytes");
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
        return "shm";
    }

    @Override
    public <X extends Exception> void write(Painter<X> painter, Duration wait, Duration hold) throws X {
        begin();
        try {
            if (orphaned) {
                painter.paint(memory);
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
            painter.paint(memory);
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
    public void release() {
        synchronized (this) {
            if (released) {
                return;
            }
            released = true;
            if (writes > 0) {
                return;
            }
        }
        whenReleased.run();
    }

    private synchronized void begin() {
        if (released) {
            throw new ErrnoException(Errno.EIO, "the object was released");
        }
        writes++;
    }

    private void end() {
        synchronized (this) {
            writes--;
            if (!released || writes > 0) {
                return;
            }
        }
        whenReleased.run();
    }
}
