package dev.crossdev.dmabuf.heap;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.ExportInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives out zeroed, sealed shared memory as dma-bufs. They can be mapped by devices, by programs and by drivers, and they
 * can move ({@link #move}), as buffers of a GPU do and those of Linux's heap do not: so static and dynamic importers differ.
 */
public final class SystemHeap implements AutoCloseable {
    /** What Linux calls it. */
    public static final String NAME = "system";

    private final DmaBufList list;
    private final Timeline mover = new Timeline(NAME + " heap");
    private final Map<DmaBuf, HeapMemory> memories = new ConcurrentHashMap<>();

    /** @param list which its buffers join */
    public SystemHeap(DmaBufList list) {
        this.list = list;
    }

    /**
     * A buffer with one reference, the caller's (DMA_HEAP_IOCTL_ALLOC).
     *
     * @param size bytes, positive; rounded up to whole pages
     * @throws ErrnoException EINVAL for a size that is not positive; ENOMEM; ENOENT when the list's owner is going away
     */
    public DmaBuf allocate(long size) {
        HeapMemory memory = new HeapMemory(SharedMemory.create(NAME, size), memories::remove);
        try {
            DmaBuf buffer = DmaBuf.export(new ExportInfo<>(list, NAME, memory.size(), memory));
            memories.put(buffer, memory);
            return buffer;
        } catch (ErrnoException e) {
            memory.free();
            throw e;
        }
    }

    /** The memory of a buffer, as it is passed to another process; a handle of the caller's own. */
    public SharedMemory memory(DmaBuf buffer) {
        return find(buffer).duplicate();
    }

    /**
     * Moves a buffer to other memory, as a driver does that runs out of the better kind: dynamic importers are told, work
     * that was begun is waited for, then the bytes are copied while a KERNEL fence keeps everybody off.
     *
     * @param wait for the work under way; zero looks once
     * @throws ErrnoException EINVAL for another exporter's buffer; EBUSY while it is pinned, mapped for the CPU or moved
     *     already; ENOMEM; ETIMEDOUT, EINTR. The buffer is where it was then
     */
    public void move(DmaBuf buffer, Duration wait) {
        find(buffer).move(buffer, mover, wait);
    }

    /** How many buffers are not released. */
    public int live() {
        return memories.size();
    }

    /** Moves nothing from here on; buffers live on until their last reference goes. */
    @Override
    public void close() {
        mover.close();
    }

    private HeapMemory find(DmaBuf buffer) {
        HeapMemory memory = memories.get(buffer);
        if (memory == null) {
            throw new ErrnoException(Errno.EINVAL, buffer + " is not of this heap");
        }
        return memory;
    }
}
