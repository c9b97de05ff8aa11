package dev.crossdev.dmabuf;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** A program's mapping of a buffer (mmap). Holds a reference to the buffer until it is closed (munmap). */
public final class CpuMapping implements AutoCloseable {
    private final DmaBuf buffer;
    private final MemorySegment segment;
    private final Runnable unmap;
    private final AtomicBoolean closed = new AtomicBoolean();

    CpuMapping(DmaBuf buffer, MemorySegment segment, Runnable unmap) {
        this.buffer = buffer;
        this.segment = segment;
        this.unmap = unmap;
    }

    public DmaBuf buffer() {
        return buffer;
    }

    /** The bytes. */
    public MemorySegment segment() {
        return segment;
    }

    /** Gives mapping and reference back. Again is nothing. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            unmap.run();
        } finally {
            buffer.put();
        }
    }
}
