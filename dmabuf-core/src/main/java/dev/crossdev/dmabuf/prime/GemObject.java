package dev.crossdev.dmabuf.prime;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A reference-counted object of a device (Linux, struct drm_gem_object). References go one way: an imported object holds
 * the dma-buf that it came as, a dma-buf holds the object that it was made of, never both of one pair.
 *
 * @param <O> the driver's own object
 */
public final class GemObject<O> {
    private final PrimeDevice<O> device;
    private final O object;
    private final Optional<Origin> origin;
    private final Object lock = new Object();
    private final ReentrantLock exporting = new ReentrantLock();
    private int references = 1;
    private @Nullable DmaBuf exported;

    /**
     * Where an imported object came from.
     *
     * @param buffer of which the object holds a reference
     */
    record Origin(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {
        /** Import undone, in the order of drm_prime_gem_destroy: unmap, detach, put. */
        void leave() {
            buffer.unmap(attachment, mapping);
            buffer.detach(attachment);
            buffer.put();
        }
    }

    GemObject(PrimeDevice<O> device, O object, Optional<Origin> origin) {
        this.device = device;
        this.object = object;
        this.origin = origin;
    }

    public O object() {
        return object;
    }

    /** Whether it is made of another exporter's memory. */
    public boolean imported() {
        return origin.isPresent();
    }

    public int references() {
        synchronized (lock) {
            return references;
        }
    }

    /**
     * Takes a reference.
     *
     * @throws ErrnoException ENOENT when the object was freed
     */
    public GemObject<O> get() {
        synchronized (lock) {
            if (references == 0) {
                throw new ErrnoException(Errno.ENOENT, "the object was freed");
            }
            references++;
            return this;
        }
    }

    /**
     * Gives a reference back; the last one frees the object on this thread.
     *
     * @throws IllegalStateException more was given back than taken
     */
    public void put() {
        synchronized (lock) {
            if (references == 0) {
                throw new IllegalStateException("an object was put once too often");
            }
            references--;
            if (references > 0) {
                return;
            }
        }
        try {
            device.driver().free(object);
        } finally {
            origin.ifPresent(Origin::leave);
        }
    }

    /**
     * For the driver: the dma-buf that it made of this object is released (drm_gem_dmabuf_release). Drops the dma-buf's
     * reference of the object, then its share in the device.
     */
    public void bufferReleased(DmaBuf buffer) {
        synchronized (lock) {
            if (exported == buffer) {
                exported = null;
            }
        }
        put();
        device.forget(buffer);
    }

    /** As {@link PrimeDevice#export}. */
    DmaBuf export() {
        if (origin.isPresent()) {
            return origin.get().buffer().get();
        }
        // Whoever comes meanwhile is to get the same: one object, one dma-buf, one UUID asked for.
        exporting.lock();
        try {
            DmaBuf already = exported();
            if (already != null) {
                return already;
            }
            get();
            boolean made = false;
            try {
                DmaBuf buffer = device.driver().export(this);
                synchronized (lock) {
                    exported = buffer;
                }
                device.remember(buffer, this);
                made = true;
                return buffer;
            } finally {
                if (!made) {
                    put();
                }
            }
        } finally {
            exporting.unlock();
        }
    }

    /** The dma-buf that it is exported as now, with one more reference. */
    private @Nullable DmaBuf exported() {
        synchronized (lock) {
            return exported != null && exported.tryGet() ? exported : null;
        }
    }
}
