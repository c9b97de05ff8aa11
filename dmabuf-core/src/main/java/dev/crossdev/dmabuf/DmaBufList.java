package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.bufinfo.Bufinfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The buffers of one owner: a guest's kernel, a device. Exports join it, releases leave it, {@code bufinfo} reads it.
 *
 * <p>Closing it refuses further exports; the buffers it has live on until their last reference goes.
 */
public final class DmaBufList implements AutoCloseable {
    private final Violations violations;
    private final AtomicLong ids = new AtomicLong();
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong heldBytes = new AtomicLong();
    private final Map<Long, DmaBuf> buffers = new ConcurrentSkipListMap<>();
    private volatile boolean closed;

    public DmaBufList(Violations violations) {
        this.violations = violations;
    }

    /** A moment's view, oldest buffer first. Buffers whose last reference is gone are not in it; see {@link DmaBuf#info}. */
    public Bufinfo bufinfo() {
        return new Bufinfo(
                Instant.now(),
                buffers.values().stream()
                        .flatMap(buffer -> buffer.info().stream())
                        .toList());
    }

    /** Buffers listed now. */
    public int size() {
        return buffers.size();
    }

    /** Buffers whose memory the exporter has not finished releasing. */
    public long held() {
        return held.get();
    }

    /** Bytes of the buffers in {@link #held}. */
    public long heldBytes() {
        return heldBytes.get();
    }

    @Override
    public void close() {
        closed = true;
    }

    Violations violations() {
        return violations;
    }

    long nextId() {
        return ids.incrementAndGet();
    }

    void add(DmaBuf buffer) {
        if (closed) {
            throw new ErrnoException(Errno.ENOENT, "the owner of " + buffer + " is going away");
        }
        held.incrementAndGet();
        heldBytes.addAndGet(buffer.size());
        buffers.put(buffer.id(), buffer);
    }

    void leave(DmaBuf buffer) {
        buffers.remove(buffer.id());
    }

    void forget(DmaBuf buffer) {
        held.decrementAndGet();
        heldBytes.addAndGet(-buffer.size());
    }
}
