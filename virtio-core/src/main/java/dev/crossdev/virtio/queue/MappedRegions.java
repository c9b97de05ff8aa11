package dev.crossdev.virtio.queue;

import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Guest memory that is mapped. */
final class MappedRegions extends GuestRegions {

    private final MemorySegment[] segments;

    /** @param segments of each region */
    MappedRegions(List<MemoryRegion> regions, MemorySegment[] segments) {
        super(regions);
        this.segments = segments;
    }

    MemorySegment segment(int region) {
        return segments[region];
    }

    @Override
    MemorySegment descriptor(int region, long address) {
        return segments[region];
    }

    @Override
    long descriptorOffset(int region, long address) {
        return offset(region, address);
    }

    @Override
    void read(int region, long address, MemorySegment target, long targetOffset, long length) {
        MemorySegment.copy(segments[region], offset(region, address), target, targetOffset, length);
    }

    @Override
    void write(int region, long address, MemorySegment source, long sourceOffset, long length) {
        MemorySegment.copy(source, sourceOffset, segments[region], offset(region, address), length);
    }
}
