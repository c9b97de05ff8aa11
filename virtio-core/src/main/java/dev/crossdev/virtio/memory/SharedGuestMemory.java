package dev.crossdev.virtio.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Guest memory that the guest and its devices map: what one writes, the others see. */
public final class SharedGuestMemory implements GuestMemory {

    private final SharedMemory memory;
    private final RegionTable table;
    private final MemorySegment segment;

    /**
     * @param memory owned from here on, and closed at once when the regions are refused
     * @param regions lie in the memory one after another, in this order
     * @throws ErrnoException EINVAL when regions overlap, there is none, or the memory is too small for them
     */
    public SharedGuestMemory(SharedMemory memory, List<MemoryRegion> regions) {
        try {
            this.memory = memory;
            this.table = new RegionTable(regions);
            if (table.size() > memory.size()) {
                throw new ErrnoException(
                        Errno.EINVAL, "regions of " + table.size() + " bytes in memory of " + memory.size());
            }
            this.segment = memory.segment();
        } catch (RuntimeException refused) {
            memory.close();
            throw refused;
        }
    }

    /**
     * New, zeroed memory for these regions.
     *
     * @throws ErrnoException EINVAL as above; ENOMEM when there is no room
     */
    public static SharedGuestMemory create(String label, List<MemoryRegion> regions) {
        return new SharedGuestMemory(SharedMemory.create(label, new RegionTable(regions).size()), regions);
    }

    /** What is to be handed to a device's service. Stays this object's. */
    public SharedMemory memory() {
        return memory;
    }

    @Override
    public List<MemoryRegion> regions() {
        return table.regions();
    }

    @Override
    public void read(long address, MemorySegment target) {
        long length = target.byteSize();
        copy(segment, find(address, length), target, 0, length, address);
    }

    @Override
    public void write(long address, MemorySegment source) {
        long length = source.byteSize();
        copy(source, 0, segment, find(address, length), length, address);
    }

    @Override
    public Optional<MemorySegment> contiguous(long address, long length) {
        long offset = table.find(address, length);
        return offset < 0 || memory.isClosed() ? Optional.empty() : Optional.of(segment.asSlice(offset, length));
    }

    @Override
    public Optional<MemoryPiece> shared(long address, long length) {
        long offset = length <= 0 ? -1 : table.find(address, length);
        return offset < 0 || memory.isClosed()
                ? Optional.empty()
                : Optional.of(new MemoryPiece(memory, offset, length));
    }

    @Override
    public void close() {
        memory.close();
    }

    private long find(long address, long length) {
        long offset = table.find(address, length);
        if (offset < 0) {
            throw new ErrnoException(
                    Errno.EFAULT, length + " bytes at 0x" + Long.toHexString(address) + " are not guest memory");
        }
        return offset;
    }

    private void copy(MemorySegment from, long fromOffset, MemorySegment to, long toOffset, long length, long address) {
        try {
            MemorySegment.copy(from, fromOffset, to, toOffset, length);
        } catch (IllegalStateException closed) {
            if (!memory.isClosed()) {
                // The caller's own segment, not the guest's.
                throw closed;
            }
            throw new ErrnoException(Errno.EFAULT, "guest memory is gone at 0x" + Long.toHexString(address), closed);
        }
    }
}
