package dev.crossdev.dmabuf.fence;

/**
 * What is done to a buffer's bytes (linux/dma-buf.h, DMA_BUF_SYNC_READ, _WRITE, _RW). Being an enum it cannot be "no
 * direction" or an unknown bit, which are EINVAL in Linux.
 */
public enum Access {
    READ,
    WRITE,
    READ_WRITE;

    public boolean writes() {
        return this != READ;
    }

    /** The class that this access has to wait for (dma_resv_usage_rw): a reader for writers, a writer for readers too. */
    public Usage waitsFor() {
        return writes() ? Usage.READ : Usage.WRITE;
    }

    /** The class of a fence that stands for this access. */
    public Usage leaves() {
        return writes() ? Usage.WRITE : Usage.READ;
    }
}
