package dev.crossdev.dmabuf.heap;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.PinOps;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Fence;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.fence.TimelineFence;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One buffer's memory. Each mapping has a hold on the memory that it is of, so that what a buffer has left by moving stays
 * mapped for those who still use it.
 */
final class HeapMemory implements PinOps {
    /** A copy that takes longer signals with an error. */
    private static final Duration LONGEST_COPY = Duration.ofSeconds(30);

    private final Consumer<DmaBuf> released;
    private final Object lock = new Object();
    private final List<SharedMemory.Hold> mapped = new ArrayList<>(1);
    private SharedMemory memory;
    /** Pins, and mappings for the CPU: it must not move while there are any. */
    private int stays;

    private boolean moving;

    /** @param released told when the buffer was released */
    HeapMemory(SharedMemory memory, Consumer<DmaBuf> released) {
        this.memory = memory;
        this.released = released;
    }

    long size() {
        synchronized (lock) {
            return memory.size();
        }
    }

    SharedMemory duplicate() {
        synchronized (lock) {
            return memory.duplicate();
        }
    }

    void free() {
        synchronized (lock) {
            memory.close();
        }
    }

    @Override
    public MemorySegment map(DmaBuf buffer, Attachment attachment) {
        synchronized (lock) {
            SharedMemory.Hold hold = memory.hold();
            mapped.add(hold);
            return hold.segment();
        }
    }

    @Override
    public void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {
        SharedMemory.Hold hold;
        synchronized (lock) {
            hold = mapped.stream()
                    .filter(each -> each.segment().equals(mapping))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(buffer + " did not give that mapping"));
            mapped.remove(hold);
        }
        hold.close();
    }

    @Override
    public void pin(DmaBuf buffer, Attachment attachment) {
        stay(1);
    }

    @Override
    public void unpin(DmaBuf buffer, Attachment attachment) {
        stay(-1);
    }

    @Override
    public MemorySegment mmap(DmaBuf buffer, long offset, long length) {
        synchronized (lock) {
            MemorySegment part = memory.slice(offset, length);
            stays++;
            return part;
        }
    }

    @Override
    public void munmap(DmaBuf buffer, MemorySegment mapping) {
        stay(-1);
    }

    @Override
    public MemorySegment vmap(DmaBuf buffer) {
        synchronized (lock) {
            MemorySegment whole = memory.segment();
            stays++;
            return whole;
        }
    }

    @Override
    public void vunmap(DmaBuf buffer, MemorySegment mapping) {
        stay(-1);
    }

    @Override
    public void release(DmaBuf buffer) {
        released.accept(buffer);
        free();
    }

    /** As {@link SystemHeap#move}. Whoever maps after it has begun gets the new place, whose bytes the fence keeps back. */
    void move(DmaBuf buffer, Timeline mover, Duration wait) {
        buffer.reservation().await(Usage.BOOKKEEP, wait);
        SharedMemory place = SharedMemory.create(SystemHeap.NAME, size());
        TimelineFence copy;
        SharedMemory old;
        try {
            copy = mover.begin(LONGEST_COPY);
            // Before anybody can see the new place.
            buffer.reservation().add(copy, Usage.KERNEL);
            old = replace(buffer, place, copy);
        } catch (ErrnoException e) {
            place.close();
            throw e;
        }
        try {
            buffer.moveNotify();
            // What importers had under way when they were told, each with its own deadline.
            buffer.reservation().fences(Usage.BOOKKEEP).stream()
                    .filter(fence -> fence != copy)
                    .forEach(HeapMemory::awaitEnd);
            place.segment().copyFrom(old.segment());
            copy.signal();
        } finally {
            // Nothing when it has signalled well.
            copy.signal(Errno.EIO);
            synchronized (lock) {
                moving = false;
            }
            old.close();
        }
    }

    private SharedMemory replace(DmaBuf buffer, SharedMemory place, TimelineFence copy) {
        synchronized (lock) {
            if (stays == 0 && !moving) {
                moving = true;
                SharedMemory old = memory;
                memory = place;
                return old;
            }
        }
        copy.signal();
        throw new ErrnoException(Errno.EBUSY, buffer + " is pinned, mapped for the CPU or moved by somebody else");
    }

    /** To give up here would leave the new place without its bytes. */
    private static void awaitEnd(Fence fence) {
        boolean interrupted = false;
        while (!fence.signalled()) {
            try {
                fence.await(Duration.ofNanos(fence.deadline().remainingNanos()));
            } catch (ErrnoException _) {
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void stay(int more) {
        synchronized (lock) {
            stays += more;
        }
    }
}
