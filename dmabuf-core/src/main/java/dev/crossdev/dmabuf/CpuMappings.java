package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/** What programs have mapped of one buffer (mmap). */
final class CpuMappings {
    private final DmaBuf buffer;
    private final DmaBufOps ops;
    private final AtomicInteger count = new AtomicInteger();

    CpuMappings(DmaBuf buffer, DmaBufOps ops) {
        this.buffer = buffer;
        this.ops = ops;
    }

    int count() {
        return count.get();
    }

    /** With a reference in hand, which becomes the mapping's. */
    CpuMapping map(long offset, long length) {
        checkRange(offset, length);
        MemorySegment segment = ops.mmap(buffer, offset, length);
        count.incrementAndGet();
        return new CpuMapping(buffer, segment, () -> {
            count.decrementAndGet();
            ops.munmap(buffer, segment);
        });
    }

    private void checkRange(long offset, long length) {
        if (length <= 0 || offset % SharedMemory.PAGE != 0) {
            throw new ErrnoException(
                    Errno.EINVAL, "mapping " + length + " bytes at " + Long.toUnsignedString(offset) + " of " + buffer);
        }
        long end = offset + length;
        if (Long.compareUnsigned(end, offset) < 0) {
            throw new ErrnoException(Errno.EOVERFLOW, "mapping at " + Long.toUnsignedString(offset) + " wraps");
        }
        if (Long.compareUnsigned(end, buffer.size()) > 0) {
            throw new ErrnoException(
                    Errno.EINVAL,
                    "mapping up to " + Long.toUnsignedString(end) + " of " + buffer.size() + " bytes of " + buffer);
        }
    }
}
