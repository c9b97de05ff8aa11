package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.memory.ScatterList;
import java.lang.foreign.MemorySegment;

/**
 * A resource of a stream's input queue: guest memory that holds one access unit.
 *
 * @param id chosen by the driver, unsigned
 * @param pages where it lies
 * @param offset byte of the pages at which the payload starts
 */
record InputBuffer(int id, ScatterList pages, long offset) implements Buffer {

    @Override
    public long bytes() {
        return pages.size();
    }

    /** Whether a payload of that many bytes (unsigned) lies inside. */
    boolean holds(int payload) {
        return Integer.toUnsignedLong(payload) <= pages.size() - offset;
    }

    /**
     * A copy of the payload.
     *
     * @throws ErrnoException EFAULT when the guest memory is gone
     */
    byte[] read(int payload) {
        byte[] bytes = new byte[payload];
        if (pages.copyTo(offset, MemorySegment.ofArray(bytes)) != payload) {
            throw new ErrnoException(Errno.EFAULT, payload + " bytes are not all in input " + id);
        }
        return bytes;
    }

    @Override
    public void release() {
        // The guest's memory is the guest's.
    }
}
