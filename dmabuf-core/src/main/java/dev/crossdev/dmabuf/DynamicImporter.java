package dev.crossdev.dmabuf;

/**
 * An importer that can follow a buffer which moves (Linux, struct dma_buf_attach_ops). It is told instead of pinning the
 * buffer, and waits for KERNEL fences itself before it uses a mapping.
 */
public interface DynamicImporter extends Importer {
    /**
     * The buffer moves: mappings that this device has are of the place it leaves. They stay valid until they are unmapped,
     * which is to be soon, here or later; a new mapping is of the new place. Called with no lock held; must not wait and
     * not throw.
     */
    void moveNotify(Attachment attachment);
}
