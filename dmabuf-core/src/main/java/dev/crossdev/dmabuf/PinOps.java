package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.ErrnoException;

/**
 * What an exporter does besides whose buffer can move (Linux, pin and unpin of struct dma_buf_ops; as one type, so that
 * one without the other, EINVAL in Linux, cannot be written). Called with no lock held.
 */
public interface PinOps extends DmaBufOps {
    /**
     * Keeps the buffer where it is, until as many unpins have come. An {@link ErrnoException} refuses it and reaches the
     * importer as it is.
     */
    void pin(DmaBuf buffer, Attachment attachment);

    void unpin(DmaBuf buffer, Attachment attachment);
}
