package dev.crossdev.service.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.concurrent.atomic.AtomicLong;

/** How many bytes of windows the service may have, all together. */
final class WindowBudget {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    WindowBudget(long limit) {
        this.limit = limit;
    }

    /** @throws ErrnoException ENOMEM */
    void take(long bytes) {
        long before = used.getAndUpdate(now -> bytes > limit - now ? now : now + bytes);
        if (bytes > limit - before) {
            throw new ErrnoException(
                    Errno.ENOMEM,
                    "windows of guest memory may have " + limit + " bytes together, " + before + " are used");
        }
    }

    void giveBack(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
