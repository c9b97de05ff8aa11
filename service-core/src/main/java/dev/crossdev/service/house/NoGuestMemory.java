package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Guest memory of a driver that brought none: every address is a bad one. */
final class NoGuestMemory implements GuestMemory {

    @Override
    public List<MemoryRegion> regions() {
        return List.of();
    }

    @Override
    public void read(long address, MemorySegment target) {
        throw bad(address);
    }

    @Override
    public void write(long address, MemorySegment source) {
        throw bad(address);
    }

    @Override
    public Optional<MemorySegment> contiguous(long address, long length) {
        return Optional.empty();
    }

    @Override
    public void close() {}

    private static ErrnoException bad(long address) {
        return new ErrnoException(Errno.EFAULT, "no guest memory, hence nothing at 0x" + Long.toHexString(address));
    }
}
