package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A buffer's one mapping for the driver itself, shared and counted (Linux, dma_buf_vmap). The exporter is asked once for it
 * however many want it; those who come meanwhile wait for its answer, not for ever: a driver whose vmap needs a buffer
 * whose vmap needs this one ends with EBUSY, where Linux's reservation lock would hang.
 */
final class VirtualMapping {
    private final DmaBuf buffer;
    private final DmaBufOps ops;
    private final Duration patience;
    private final ReentrantLock exporterAsked = new ReentrantLock();
    private final Object lock = new Object();
    private @Nullable MemorySegment mapping;
    private int count;

    VirtualMapping(DmaBuf buffer, DmaBufOps ops, Duration patience) {
        this.buffer = buffer;
        this.ops = ops;
        this.patience = patience;
    }

    MemorySegment get() {
        Optional<MemorySegment> shared = share();
        if (shared.isPresent()) {
            return shared.get();
        }
        askAlone();
        try {
            return share().orElseGet(this::map);
        } finally {
            exporterAsked.unlock();
        }
    }

    /** @throws IllegalStateException nobody has it, or it is another mapping: a bug of the caller, as in Linux */
    void put(MemorySegment given) {
        askAlone();
        try {
            synchronized (lock) {
                if (count == 0 || !given.equals(mapping)) {
                    throw new IllegalStateException("vunmap of what " + buffer + " has not vmapped");
                }
                count--;
                if (count > 0) {
                    return;
                }
                mapping = null;
            }
            ops.vunmap(buffer, given);
        } finally {
            exporterAsked.unlock();
        }
    }

    int count() {
        synchronized (lock) {
            return count;
        }
    }

    /** Takes it away from those who have it. Returns how many had. */
    int forget() {
        MemorySegment last;
        int left;
        synchronized (lock) {
            left = count;
            last = mapping;
            count = 0;
            mapping = null;
        }
        if (last != null) {
            ops.vunmap(buffer, last);
        }
        return left;
    }

    private Optional<MemorySegment> share() {
        synchronized (lock) {
            if (mapping == null) {
                return Optional.empty();
            }
            count++;
            return Optional.of(mapping);
        }
    }

    private MemorySegment map() {
        MemorySegment made = ops.vmap(buffer);
        if (made == null) {
            throw new ErrnoException(Errno.ENOMEM, buffer + " has no memory to map");
        }
        synchronized (lock) {
            mapping = made;
            count = 1;
        }
        return made;
    }

    private void askAlone() {
        if (exporterAsked.isHeldByCurrentThread()) {
            throw new ErrnoException(Errno.EBUSY, "the exporter of " + buffer + " asks itself for a mapping");
        }
        try {
            if (!exporterAsked.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new ErrnoException(Errno.EBUSY, "the exporter of " + buffer + " is busy mapping it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted while waiting for a mapping", e);
        }
    }
}
