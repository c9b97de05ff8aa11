package dev.crossdev.virtio.queue;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Guest memory that is not mapped, since it could be taken away. */
final class CopiedRegions extends GuestRegions {

    private final GuestMemory memory;
    private final MemorySegment descriptor = MemorySegment.ofArray(new byte[RingMemory.DESCRIPTOR_BYTES]);

    /** @throws RingException MEMORY_GONE when it cannot be copied either */
    CopiedRegions(GuestMemory memory, List<MemoryRegion> regions) throws RingException {
        super(regions);
        this.memory = memory;
        try {
            for (MemoryRegion region : regions) {
                memory.read(region.address(), descriptor.asSlice(0, 1));
            }
        } catch (ErrnoException e) {
            throw new RingException(RingException.Kind.MEMORY_GONE, "guest memory cannot be copied", e);
        }
    }

    GuestMemory memory() {
        return memory;
    }

    @Override
    MemorySegment descriptor(int region, long address) {
        memory.read(address, descriptor);
        return descriptor;
    }

    @Override
    long descriptorOffset(int region, long address) {
        return 0;
    }

    @Override
    void read(int region, long address, MemorySegment target, long targetOffset, long length) {
        memory.read(address, target.asSlice(targetOffset, length));
    }

    @Override
    void write(int region, long address, MemorySegment source, long sourceOffset, long length) {
        memory.write(address, source.asSlice(sourceOffset, length));
    }
}
