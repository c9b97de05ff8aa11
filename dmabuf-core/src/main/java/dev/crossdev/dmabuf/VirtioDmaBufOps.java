package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.ErrnoException;

/** What the exporter of a virtio dma-buf does besides (Linux, struct virtio_dma_buf_ops). */
public interface VirtioDmaBufOps extends DmaBufOps {
    /** Where the buffer's UUID comes from; the same object on each call. */
    UuidRegistration registration();

    /** Takes the place of {@link DmaBufOps#attach}; an {@link ErrnoException} refuses the device. */
    default void deviceAttach(VirtioDmaBuf buffer, Attachment attachment) {}
}
