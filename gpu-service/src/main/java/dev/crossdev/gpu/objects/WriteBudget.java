package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.concurrent.atomic.AtomicLong;

/** Bytes that remote writes may have on their way, of all importers together. */
final class WriteBudget {
    private final long limit;
    private final AtomicLong reserved = new AtomicLong();

    WriteBudget(long limit) {
        this.limit = limit;
    }

    /** @throws ErrnoException ENOBUFS when that is too much now */
    void reserve(long bytes) {
        long before = reserved.getAndUpdate(now -> bytes <= limit - now ? now + bytes : now);
        if (bytes > limit - before) {
            throw new ErrnoException(Errno.ENOBUFS, "more than " + limit + " bytes of writes are on their way");
        }
    }

    void giveBack(long bytes) {
        reserved.addAndGet(-bytes);
    }

    long reserved() {
        return reserved.get();
    }
}
