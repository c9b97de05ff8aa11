package dev.crossdev.video.device;

/**
 * A resource of a stream's input queue: guest memory that holds one access unit.
 *
 * @param id chosen by the driver, unsigned
 * @param pages where it lies
 * @param offset byte of the pages at which the payload starts
 */
record InputBuffer(int id, GuestPages pages, long offset) implements Buffer {

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
     * @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT when the guest memory is gone
     */
    byte[] read(int payload) {
        return pages.read(offset, payload);
    }

    @Override
    public void release() {
        // The guest's memory is the guest's.
    }
}
