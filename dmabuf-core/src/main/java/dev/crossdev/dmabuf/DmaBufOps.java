package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Access;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What an exporter does for its buffer (Linux, struct dma_buf_ops). Called with no lock held that another buffer or another
 * importer could need, so a callback may use any buffer, this one included; two importers' calls may come at once. An
 * exporter whose buffer can move implements {@link PinOps} too.
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

    /** The CPU is about to access the bytes; fences are waited for afterwards. */
    default void beginCpuAccess(DmaBuf buffer, Access access) {}

    /** The CPU has accessed the bytes. */
    default void endCpuAccess(DmaBuf buffer, Access access) {}

    /**
     * A part of the bytes for a program; the range was checked. Memory that is given stays as long as the buffer lives.
     * Without an own answer EINVAL.
     */
    default MemorySegment mmap(DmaBuf buffer, long offset, long length) {
        throw new ErrnoException(Errno.EINVAL, buffer + " cannot be mapped by programs");
    }

    /** A program is done with what {@link #mmap} gave. */
    default void munmap(DmaBuf buffer, MemorySegment mapping) {}

    /**
     * All bytes for the driver itself; asked only while nobody has them. Null is ENOMEM. Without an own answer EINVAL.
     */
    default @Nullable MemorySegment vmap(DmaBuf buffer) {
        throw new ErrnoException(Errno.EINVAL, buffer + " cannot be mapped by the kernel");
    }

    /** Nobody needs what {@link #vmap} gave any more. */
    default void vunmap(DmaBuf buffer, MemorySegment mapping) {}

    /** The last reference is gone. Called once, after the buffer has left its list. */
    void release(DmaBuf buffer);
}
