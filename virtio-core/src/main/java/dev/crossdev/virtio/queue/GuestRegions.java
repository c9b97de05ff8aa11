package dev.crossdev.virtio.queue;

import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Guest memory as it was when it was looked up, found by address without allocation. */
abstract sealed class GuestRegions permits MappedRegions, CopiedRegions {

    private final long[] starts;
    private final long[] sizes;

    GuestRegions(List<MemoryRegion> regions) {
        starts = regions.stream().mapToLong(MemoryRegion::address).toArray();
        sizes = regions.stream().mapToLong(MemoryRegion::size).toArray();
    }

    /**
     * The memory as it is now: mapped where all of it is, else copied.
     *
     * @throws RingException MEMORY_GONE
     */
    static GuestRegions of(GuestMemory memory) throws RingException {
        List<MemoryRegion> regions = memory.regions();
        MemorySegment[] segments = new MemorySegment[regions.size()];
        for (int i = 0; i < segments.length; i++) {
            MemoryRegion region = regions.get(i);
            MemorySegment segment =
                    memory.contiguous(region.address(), region.size()).orElse(null);
            if (segment == null) {
                return new CopiedRegions(memory, regions);
            }
            segments[i] = segment;
        }
        return new MappedRegions(regions, segments);
    }

    /** The region that all these bytes lie in, or -1. */
    final int find(long address, long length) {
        for (int i = 0; i < starts.length; i++) {
            long offset = address - starts[i];
            if (offset >= 0 && offset <= sizes[i] && length <= sizes[i] - offset) {
                return i;
            }
        }
        return -1;
    }

    /** Where an address lies in its region. */
    final long offset(int region, long address) {
        return address - starts[region];
    }

    /** Bytes of a region from an address on. */
    final long left(int region, long address) {
        return sizes[region] - offset(region, address);
    }

    /**
     * Whether all these bytes are guest memory, and do not wrap at the end of the address space. They may lie in several
     * regions whose addresses follow one another.
     */
    final boolean contains(long address, long length) {
        if (Long.compareUnsigned(address + (length - 1), address) < 0) {
            return false;
        }
        long at = address;
        long left = length;
        while (left > 0) {
            int region = find(at, 1);
            if (region < 0) {
                return false;
            }
            long here = Math.min(left, left(region, at));
            at += here;
            left -= here;
        }
        return true;
    }

    /** Copies out of the guest bytes of which {@link #contains} said yes. */
    final void copyOut(long address, MemorySegment target, long targetOffset, long length) {
        long done = 0;
        while (done < length) {
            int region = find(address + done, 1);
            long here = Math.min(length - done, left(region, address + done));
            read(region, address + done, target, targetOffset + done, here);
            done += here;
        }
    }

    /** Copies into the guest, likewise. */
    final void copyIn(long address, MemorySegment source, long sourceOffset, long length) {
        long done = 0;
        while (done < length) {
            int region = find(address + done, 1);
            long here = Math.min(length - done, left(region, address + done));
            write(region, address + done, source, sourceOffset + done, here);
            done += here;
        }
    }

    /**
     * Where one descriptor can be read, at {@link #descriptorOffset}: all of it lies in the region. For the one thread that
     * takes buffers; good until the next call.
     */
    abstract MemorySegment descriptor(int region, long address);

    abstract long descriptorOffset(int region, long address);

    abstract void read(int region, long address, MemorySegment target, long targetOffset, long length);

    abstract void write(int region, long address, MemorySegment source, long sourceOffset, long length);
}
