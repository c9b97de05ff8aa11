package dev.crossdev.video.device;

import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemEntry;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Pieces of guest memory that make up one buffer, in their order. */
final class GuestPages {
    private final GuestMemory memory;
    private final List<MemEntry> entries;
    private final long size;

    GuestPages(GuestMemory memory, List<MemEntry> entries) {
        this.memory = memory;
        this.entries = List.copyOf(entries);
        size = entries.stream().mapToLong(MemEntry::size).sum();
    }

    /** Bytes of all pieces. */
    long size() {
        return size;
    }

    /** Whether every piece is memory of the guest. */
    boolean exist() {
        return entries.stream().allMatch(entry -> entry.size() > 0 && memory.contains(entry.address(), entry.size()));
    }

    /** @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT */
    byte[] read(long offset, int length) {
        byte[] bytes = new byte[length];
        MemorySegment target = MemorySegment.ofArray(bytes);
        forEachRun(offset, length, (address, at, count) -> memory.read(address, target.asSlice(at, count)));
        return bytes;
    }

    /** @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT */
    void write(long offset, MemorySegment source) {
        forEachRun(offset, source.byteSize(), (address, at, count) -> memory.write(address, source.asSlice(at, count)));
    }

    private interface Run {
        /**
         * @param address in the guest
         * @param at in the buffer's requested part
         */
        void copy(long address, long at, long count);
    }

    private void forEachRun(long offset, long length, Run run) {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new IndexOutOfBoundsException("[" + offset + ", +" + length + ") of " + size + " bytes");
        }
        long skip = offset;
        long done = 0;
        for (MemEntry entry : entries) {
            if (skip >= entry.size()) {
                skip -= entry.size();
                continue;
            }
            long count = Math.min(entry.size() - skip, length - done);
            run.copy(entry.address() + skip, done, count);
            done += count;
            skip = 0;
            if (done == length) {
                return;
            }
        }
    }
}
