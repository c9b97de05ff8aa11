package dev.crossdev.virtio.queue;

import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Guest memory as mapped segments, found by address without allocation. Bytes may lie in several regions when their
 * addresses follow one another.
 */
final class MappedRegions {

    private final long[] starts;
    private final long[] sizes;
    private final MemorySegment[] segments;

    /** Of the memory as it is now. */
    MappedRegions(GuestMemory memory) throws RingException {
        List<MemoryRegion> regions = memory.regions();
        starts = new long[regions.size()];
        sizes = new long[regions.size()];
        segments = new MemorySegment[regions.size()];
        for (int i = 0; i < starts.length; i++) {
            MemoryRegion region = regions.get(i);
            starts[i] = region.address();
            sizes[i] = region.size();
            segments[i] = memory.contiguous(region.address(), region.size())
                    .orElseThrow(() -> new RingException(
                            RingException.Kind.MEMORY_GONE, "guest memory " + region + " is not mapped"));
        }
    }

    /** The region that all these bytes lie in, or -1. */
    int find(long address, long length) {
        for (int i = 0; i < starts.length; i++) {
            long offset = address - starts[i];
            if (offset >= 0 && offset <= sizes[i] && length <= sizes[i] - offset) {
                return i;
            }
        }
        return -1;
    }

    MemorySegment segment(int region) {
        return segments[region];
    }

    /** Where an address lies in its region's segment. */
    long offset(int region, long address) {
        return address - starts[region];
    }

    /** Whether all these bytes are guest memory, and do not wrap at the end of the address space. */
    boolean contains(long address, long length) {
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
            long here = Math.min(left, sizes[region] - offset(region, at));
            at += here;
            left -= here;
        }
        return true;
    }

    /** Copies out of the guest bytes of which {@link #contains} said yes. */
    void copyOut(long address, MemorySegment target, long targetOffset, long length) {
        long done = 0;
        while (done < length) {
            int region = find(address + done, 1);
            long offset = offset(region, address + done);
            long here = Math.min(length - done, sizes[region] - offset);
            MemorySegment.copy(segments[region], offset, target, targetOffset + done, here);
            done += here;
        }
    }

    /** Copies into the guest, likewise. */
    void copyIn(long address, MemorySegment source, long sourceOffset, long length) {
        long done = 0;
        while (done < length) {
            int region = find(address + done, 1);
            long offset = offset(region, address + done);
            long here = Math.min(length - done, sizes[region] - offset);
            MemorySegment.copy(source, sourceOffset + done, segments[region], offset, here);
            done += here;
        }
    }
}
