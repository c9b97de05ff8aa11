package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Guest memory on the heap. */
final class TestMemory implements GuestMemory {
    static final long BASE = 0x10_0000;

    private final MemorySegment bytes;
    private final MemoryRegion region;

    TestMemory(int size) {
        bytes = MemorySegment.ofArray(new byte[size]);
        region = new MemoryRegion(BASE, size);
    }

    @Override
    public List<MemoryRegion> regions() {
        return List.of(region);
    }

    @Override
    public void read(long address, MemorySegment target) {
        target.copyFrom(at(address, target.byteSize()));
    }

    @Override
    public void write(long address, MemorySegment source) {
        at(address, source.byteSize()).copyFrom(source);
    }

    @Override
    public Optional<MemorySegment> contiguous(long address, long length) {
        return Optional.of(at(address, length));
    }

    @Override
    public void close() {}

    private MemorySegment at(long address, long length) {
        if (!region.contains(address, length)) {
            throw new ErrnoException(Errno.EFAULT, "0x" + Long.toHexString(address) + "+" + length);
        }
        return bytes.asSlice(address - BASE, length);
    }
}
