package dev.crossdev.guest.gpu;

import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.memory.GuestPages;
import dev.crossdev.guest.timeline.BufferTimeline;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A buffer of the gpu driver: a resource of the device and the guest pages behind it (Linux, struct
 * virtio_gpu_object). It lives until it is closed and its dma-buf, if there is one, is released.
 */
public final class GpuBuffer {

    private final int resourceId;
    private final boolean blob;
    private final int width;
    private final int height;
    private final GuestPages backing;
    private final BufferTimeline timeline;
    private final BufferRegistration registration;
    private final AtomicReference<@Nullable ErrnoException> failure = new AtomicReference<>();
    private @Nullable VirtioDmaBuf dmaBuf;
    private boolean closed;

    GpuBuffer(
            int resourceId,
            boolean blob,
            int width,
            int height,
            GuestPages backing,
            BufferTimeline timeline,
            BufferRegistration registration) {
        this.resourceId = resourceId;
        this.blob = blob;
        this.width = width;
        this.height = height;
        this.backing = backing;
        this.timeline = timeline;
        this.registration = registration;
    }

    /** Chosen by the driver. */
    public int resourceId() {
        return resourceId;
    }

    /** Whether the guest's pages themselves are the resource, or it has a host copy. */
    public boolean blob() {
        return blob;
    }

    /** Pixels. */
    public int width() {
        return width;
    }

    /** Pixels. */
    public int height() {
        return height;
    }

    /** When what happened to it. */
    public BufferTimeline timeline() {
        return timeline;
    }

    /** Why the device would not make it; empty while it has not said so. */
    public Optional<ErrnoException> failure() {
        return Optional.ofNullable(failure.get());
    }

    GuestPages backing() {
        return backing;
    }

    BufferRegistration registration() {
        return registration;
    }

    void fail(ErrnoException why) {
        failure.compareAndSet(null, why);
    }

    /** @throws ErrnoException when the device would not make it */
    void requireWhole() {
        ErrnoException why = failure.get();
        if (why != null) {
            throw new ErrnoException(why.errno(), String.valueOf(why.getMessage()), why);
        }
    }

    /** The dma-buf that it was exported as, with one more reference; null when it is not exported now. */
    synchronized @Nullable VirtioDmaBuf exported() {
        return dmaBuf != null && dmaBuf.tryGet() ? dmaBuf : null;
    }

    synchronized void exportedAs(VirtioDmaBuf made) {
        dmaBuf = made;
    }

    /** Its dma-buf was released. Returns whether nothing holds the buffer any more. */
    synchronized boolean released() {
        dmaBuf = null;
        return closed;
    }

    /** Its owner lets go. Returns whether nothing holds the buffer any more. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first && dmaBuf == null;
    }
}
