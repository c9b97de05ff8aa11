package dev.crossdev.dmabuf.fence;

/**
 * What a fence in a {@link Reservation} stands for (linux/dma-resv.h, enum dma_resv_usage). The order matters: whoever
 * waits for a class waits for all classes before it too.
 */
public enum Usage {
    /** The kernel's own work: memory that is being moved or cleared. Nobody may touch the buffer before it is done. */
    KERNEL,
    /** Writes that everybody who comes later has to wait for. */
    WRITE,
    /** Reads that a writer who comes later has to wait for. */
    READ,
    /** Work that only whoever frees or moves the memory has to wait for. */
    BOOKKEEP;

    /** Whether a wait for this class waits for a fence of the other. */
    public boolean waitsFor(Usage other) {
        return other.compareTo(this) <= 0;
    }
}
