package dev.crossdev.gpu.device;

import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemEntry;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** Pieces of guest memory, one after another. */
final class GuestPages {
    private final GuestMemory memory;
    private final List<MemEntry> entries;
    /** Where each piece begins, in bytes; one more for the end. */
    private final long[] starts;

    GuestPages(GuestMemory memory, List<MemEntry> entries) {
        this.memory = memory;
        this.entries = entries;
        this.starts = new long[entries.size() + 1];
        for (int i = 0; i < entries.size(); i++) {
            starts[i + 1] = starts[i] + entries.get(i).size();
        }
    }

    int count() {
        return entries.size();
    }

    /** Bytes. */
    long size() {
        return starts[entries.size()];
    }

    /**
     * Copies out of the guest, as much as there is from {@code offset} on; the rest of the target stays as it is.
     *
     * @param offset bytes into the pages, unsigned
     */
    void copyTo(long offset, MemorySegment target) {
        if (Long.compareUnsigned(offset, size()) >= 0) {
            return;
        }
        // By search: a guest can make many pieces and many rows, and rows times pieces would be hours.
        int found = Arrays.binarySearch(starts, offset);
        int index = found >= 0 ? found : -found - 2;
        long skip = offset - starts[index];
        long done = 0;
        for (; index < entries.size() && done < target.byteSize(); index++) {
            MemEntry entry = entries.get(index);
            long bytes = Math.min(entry.size() - skip, target.byteSize() - done);
            memory.read(entry.address() + skip, target.asSlice(done, bytes));
            done += bytes;
            skip = 0;
        }
    }
}
