package dev.crossdev.virtio.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Ranges of guest addresses that were written; those that touch become one. Safe for use by several threads. */
final class DirtyRanges {

    /** First address to length, in unsigned order. */
    private final NavigableMap<Long, Long> ranges = new TreeMap<>(Long::compareUnsigned);

    /** @param length positive, and the range does not wrap */
    synchronized void add(long address, long length) {
        long first = address;
        long last = address + (length - 1);
        var before = ranges.lowerEntry(first);
        if (before != null && Long.compareUnsigned(lastOf(before.getKey(), before.getValue()), first - 1) >= 0) {
            first = before.getKey();
            last = later(last, lastOf(before.getKey(), before.getValue()));
        }
        var after = ranges.ceilingEntry(first);
        while (after != null && (last == -1L || Long.compareUnsigned(after.getKey(), last + 1) <= 0)) {
            last = later(last, lastOf(after.getKey(), after.getValue()));
            ranges.remove(after.getKey());
            after = ranges.ceilingEntry(first);
        }
        ranges.put(first, last - first + 1);
    }

    /** All of them, ascending; none are left. */
    synchronized List<MemoryRegion> take() {
        List<MemoryRegion> taken = new ArrayList<>(ranges.size());
        ranges.forEach((address, length) -> taken.add(new MemoryRegion(address, length)));
        ranges.clear();
        return taken;
    }

    private static long lastOf(long address, long length) {
        return address + (length - 1);
    }

    private static long later(long left, long right) {
        return Long.compareUnsigned(left, right) >= 0 ? left : right;
    }
}
