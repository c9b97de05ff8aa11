package dev.crossdev.dmabuf.prime;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One client's handles on one device's objects (Linux, struct drm_file): small numbers from 1, each with a reference of its
 * object. Thread-safe.
 *
 * @param <O> the driver's own object
 */
public final class PrimeClient<O> implements AutoCloseable {
    private final PrimeDevice<O> device;
    private final Object lock = new Object();
    private final Map<Integer, Entry<O>> handles = new HashMap<>();
    private final Map<DmaBuf, Integer> byBuffer = new HashMap<>();
    private final BitSet taken = new BitSet();

    /** @param buffer that this handle was exported or imported as, last */
    private record Entry<O>(GemObject<O> object, @Nullable DmaBuf buffer) {}

    public PrimeClient(PrimeDevice<O> device) {
        this.device = device;
        taken.set(0);
    }

    /** A handle for a new object. */
    public int create(O object) {
        synchronized (lock) {
            return add(new Entry<>(device.create(object), null));
        }
    }

    /** @throws ErrnoException ENOENT when there is no such handle */
    public GemObject<O> object(int handle) {
        return find(handle).object();
    }

    /**
     * The object as a dma-buf, with a reference for the caller (DRM_IOCTL_PRIME_HANDLE_TO_FD).
     *
     * @throws ErrnoException ENOENT when there is no such handle; as {@link PrimeDevice#export}
     */
    public DmaBuf handleToBuffer(int handle) {
        // Kept while it is exported, so that a close of the handle meanwhile does not free it.
        GemObject<O> object = holding(handle);
        try {
            DmaBuf buffer = device.export(object);
            synchronized (lock) {
                Entry<O> entry = handles.get(handle);
                if (entry != null && entry.object() == object && entry.buffer() != buffer) {
                    forgetBuffer(entry);
                    handles.put(handle, new Entry<>(object, buffer));
                    byBuffer.put(buffer, handle);
                }
            }
            return buffer;
        } finally {
            object.put();
        }
    }

    /**
     * A handle for a buffer, whose reference stays the caller's (DRM_IOCTL_PRIME_FD_TO_HANDLE): the same one each time.
     *
     * @throws ErrnoException as {@link PrimeDevice#importBuffer}
     */
    public int bufferToHandle(DmaBuf buffer) {
        Optional<Integer> already = handleOf(buffer);
        if (already.isPresent()) {
            return already.get();
        }
        // With no lock held: it asks the exporter. Whoever is second drops his own.
        GemObject<O> object = device.importBuffer(buffer);
        int handle;
        synchronized (lock) {
            Integer first = byBuffer.get(buffer);
            if (first == null) {
                handle = add(new Entry<>(object, buffer));
                byBuffer.put(buffer, handle);
                return handle;
            }
            handle = first;
        }
        object.put();
        return handle;
    }

    /**
     * Gives a handle up, and with it its reference (DRM_IOCTL_GEM_CLOSE).
     *
     * @throws ErrnoException EINVAL when there is no such handle
     */
    public void close(int handle) {
        Entry<O> entry;
        synchronized (lock) {
            entry = handles.remove(handle);
            if (entry == null) {
                throw new ErrnoException(Errno.EINVAL, "no handle " + handle);
            }
            taken.clear(handle);
            forgetBuffer(entry);
        }
        entry.object().put();
    }

    /** How many handles there are. */
    public int size() {
        synchronized (lock) {
            return handles.size();
        }
    }

    /** Gives all handles up. */
    @Override
    public void close() {
        List<Entry<O>> all;
        synchronized (lock) {
            all = new ArrayList<>(handles.values());
            handles.clear();
            byBuffer.clear();
            taken.clear();
            taken.set(0);
        }
        all.forEach(entry -> entry.object().put());
    }

    private Optional<Integer> handleOf(DmaBuf buffer) {
        synchronized (lock) {
            return Optional.ofNullable(byBuffer.get(buffer));
        }
    }

    private Entry<O> find(int handle) {
        synchronized (lock) {
            Entry<O> entry = handles.get(handle);
            if (entry == null) {
                throw new ErrnoException(Errno.ENOENT, "no handle " + handle);
            }
            return entry;
        }
    }

    private GemObject<O> holding(int handle) {
        synchronized (lock) {
            return find(handle).object().get();
        }
    }

    private int add(Entry<O> entry) {
        int handle = taken.nextClearBit(0);
        taken.set(handle);
        handles.put(handle, entry);
        return handle;
    }

    private void forgetBuffer(Entry<O> entry) {
        if (entry.buffer() != null) {
            byBuffer.remove(entry.buffer());
        }
    }
}
