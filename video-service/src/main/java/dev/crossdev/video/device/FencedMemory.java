package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.Reservation;
import dev.crossdev.video.device.PixelTarget.Painter;
import java.time.Duration;
import java.util.List;

/**
 * Content that is mapped here: what is painted into it is at once what the exporter sees, under a WRITE fence in the
 * exporter's table from the painter's first byte to its last.
 */
public final class FencedMemory implements ObjectContent {
    private final ObjectMemory memory;
    private final FenceSlot fence;
    private final int holder;
    private volatile boolean orphaned;

    /**
     * @param memory all bytes of the object
     * @param fence the object's, in the exporter's table
     * @param holder the hold's number in that table
     */
    public FencedMemory(ObjectMemory memory, FenceSlot fence, int holder) {
        this.memory = memory;
        this.fence = fence;
        this.holder = holder;
    }

    @Override
    public String path() {
        return memory.path();
    }

    @Override
    public List<FenceInfo> fences() {
        return orphaned
                ? List.of()
                : Reservation.shared(fence, holder, this::holderName).info();
    }

    /** The exporter is number 1 in its table (see FenceSlot); other importers' names only it knows. */
    private String holderName(int number) {
        return number == holder ? "this device" : number == 1 ? "exporter" : "importer " + number;
    }

    @Override
    public <X extends Exception> void write(ObjectLayout layout, Painter<X> painter, Duration wait, Duration hold)
            throws X {
        if (orphaned) {
            memory.paint(painter);
            return;
        }
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
     * The slot and the holder's number may be somebody else's by now. The memory stays, written without a fence from here
     * on.
     */
    @Override
    public boolean orphan() {
        orphaned = true;
        return true;
    }
}
