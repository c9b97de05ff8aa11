package dev.crossdev.dmabuf.fence;

/** What poll(2) reports of a dma-buf (drivers/dma-buf/dma-buf.c, dma_buf_poll). */
public enum PollEvent {
    /** POLLIN: all writes are done, it can be read. */
    IN(Usage.WRITE),
    /** POLLOUT: all reads and writes are done, it can be written. */
    OUT(Usage.READ);

    private final Usage usage;

    PollEvent(Usage usage) {
        this.usage = usage;
    }

    /** The class whose fences keep this event from being reported. */
    public Usage usage() {
        return usage;
    }
}
