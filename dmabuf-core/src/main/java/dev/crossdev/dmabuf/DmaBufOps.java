package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What an exporter does for its buffer (Linux, struct dma_buf_ops). Called with no lock held, so a callback may use any
 * buffer, this one included; two importers' calls may come at once.
 */
public interface DmaBufOps {
    /**
     * A device wants to attach. An {@link ErrnoException} refuses it (EBUSY: the memory is not reachable by this
     * device) and reaches the importer as it is.
     */
    default void attach(DmaBuf buffer, Attachment attachment) {}

    /** A device has left the buffer's list. */
    default void detach(DmaBuf buffer, Attachment attachment) {}

    /** The buffer's memory for an attached device; null when there is none, which the importer sees as ENOMEM. */
    @Nullable
    MemorySegment map(DmaBuf buffer, Attachment attachment);

    /** A device is done with a mapping that {@link #map} gave. */
    void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping);

    /** The last reference is gone. Called once, after the buffer has left its list. */
    void release(DmaBuf buffer);
}
