package dev.crossdev.dmabuf.prime;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A device that exports its objects as dma-bufs and imports those of others (Linux, drm_prime.c and virtgpu_prime.c). A
 * buffer that this very device exported is recognised when it comes back: the object is used itself, without an attachment.
 * Another device's is foreign, though the driver may be the same.
 *
 * @param <O> the driver's own object
 */
public final class PrimeDevice<O> {
    private final GemDriver<O> driver;
    private final Map<DmaBuf, GemObject<O>> exports = new ConcurrentHashMap<>();

    public PrimeDevice(GemDriver<O> driver) {
        this.driver = driver;
    }

    /** A new object with one reference, the caller's. */
    public GemObject<O> create(O object) {
        return new GemObject<>(this, object, Optional.empty());
    }

    /**
     * The object as a dma-buf, with a reference for the caller: the same one while it is exported, and of an imported
     * object the one that was imported.
     *
     * @throws ErrnoException ENOENT when the object was freed; whatever the driver says
     */
    public DmaBuf export(GemObject<O> object) {
        return object.export();
    }

    /**
     * The object that a buffer is here, with a reference for the caller. Of this device's own it is the object that was
     * exported, and the buffer's references stay as they are; of any other a new one, attached and mapped, that holds a
     * reference of the buffer until it is freed.
     *
     * @throws ErrnoException ENOENT when the buffer was released; whatever exporter or driver say, and then nothing is left
     */
    public GemObject<O> importBuffer(DmaBuf buffer) {
        GemObject<O> own = exports.get(buffer);
        if (own != null) {
            return own.get();
        }
        buffer.get();
        Attachment attachment = null;
        MemorySegment mapping = null;
        boolean imported = false;
        try {
            attachment = buffer.attach(driver);
            mapping = buffer.map(attachment);
            O object = driver.importMapping(buffer, mapping);
            imported = true;
            return new GemObject<>(this, object, Optional.of(new GemObject.Origin(buffer, attachment, mapping)));
        } finally {
            if (!imported) {
                unwind(buffer, attachment, mapping);
            }
        }
    }

    /** How many dma-bufs of this device's objects are not released. */
    public int exports() {
        return exports.size();
    }

    GemDriver<O> driver() {
        return driver;
    }

    void remember(DmaBuf buffer, GemObject<O> object) {
        exports.put(buffer, object);
    }

    void forget(DmaBuf buffer) {
        exports.remove(buffer);
    }

    private static void unwind(DmaBuf buffer, @Nullable Attachment attachment, @Nullable MemorySegment mapping) {
        if (attachment != null) {
            if (mapping != null) {
                buffer.unmap(attachment, mapping);
            }
            buffer.detach(attachment);
        }
        buffer.put();
    }
}
