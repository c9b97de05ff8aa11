package dev.crossdev.guest.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.util.List;

/**
 * All the memory that a guest has: one sealed memory, at guest addresses from {@value #BASE_ADDRESS} on, and an allocator
 * of its pages. Thread-safe.
 *
 * <p>On one machine the services map the very same memory. A service elsewhere keeps a window of its own, and what the
 * driver writes here must be sent there too.
 */
public final class GuestMemoryPool implements AutoCloseable {

    /** Address 0 is left out: it should be nobody's, so that a forgotten address is noticed. */
    public static final long BASE_ADDRESS = 1 << 20;

    private final SharedMemory memory;
    private final PageAllocator pages;

    /**
     * @param label shown where the system lists memory
     * @param bytes rounded up to whole pages
     * @throws ErrnoException ENOMEM when the machine has no room
     */
    public GuestMemoryPool(String label, long bytes) {
        memory = SharedMemory.create(label, bytes);
        pages = new PageAllocator(memory.size(), SharedMemory.PAGE);
    }

    /**
     * Takes pages.
     *
     * @throws ErrnoException ENOMEM when no run of free pages is long enough
     */
    public GuestPages allocate(int bytes) {
        long offset;
        synchronized (pages) {
            offset = pages.take(bytes)
                    .orElseThrow(() -> new ErrnoException(
                            Errno.ENOMEM, "the guest has no " + bytes + " bytes of memory left in one piece"));
        }
        return new GuestPages(BASE_ADDRESS + offset, bytes, memory.slice(offset, bytes));
    }

    /** Gives pages back. No device may know their address any more. */
    public void free(GuestPages run) {
        synchronized (pages) {
            pages.giveBack(run.address() - BASE_ADDRESS, run.length());
        }
    }

    /** Bytes of pages that nobody has. */
    public long freeBytes() {
        synchronized (pages) {
            return pages.freeBytes();
        }
    }

    /** What an Open says of it. */
    public List<MemoryRegion> regions() {
        return List.of(new MemoryRegion(BASE_ADDRESS, memory.size()));
    }

    /** The memory, to be handed to a service on this machine; it stays the pool's. */
    public SharedMemory memory() {
        return memory;
    }

    /** Ends it for this process; the services let go of it with the devices that know it. */
    @Override
    public void close() {
        memory.close();
    }
}
