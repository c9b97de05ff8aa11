package dev.crossdev.guest.memory;

import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/** First fit over runs of free bytes; neighbours become one again when they are freed. Not thread-safe. */
final class PageAllocator {

    private final NavigableMap<Long, Long> free = new TreeMap<>();
    private final long unit;

    /**
     * @param size bytes, a multiple of {@code unit}
     * @param unit bytes that are never divided
     */
    PageAllocator(long size, long unit) {
        this.unit = unit;
        free.put(0L, size);
    }

    /** Offset of that many bytes, rounded up to whole units; empty when no run is long enough. */
    OptionalLong take(long bytes) {
        long wanted = roundUp(bytes);
        for (Map.Entry<Long, Long> run : free.entrySet()) {
            if (run.getValue() >= wanted) {
                long offset = run.getKey();
                long left = run.getValue() - wanted;
                free.remove(offset);
                if (left > 0) {
                    free.put(offset + wanted, left);
                }
                return OptionalLong.of(offset);
            }
        }
        return OptionalLong.empty();
    }

    /** Gives back what {@link #take} gave for the same number of bytes. */
    void giveBack(long offset, long bytes) {
        long start = offset;
        long length = roundUp(bytes);
        Map.Entry<Long, Long> before = free.floorEntry(start);
        if (before != null && before.getKey() + before.getValue() > start) {
            throw new IllegalStateException("freed twice: offset " + offset);
        }
        if (before != null && before.getKey() + before.getValue() == start) {
            free.remove(before.getKey());
            start = before.getKey();
            length += before.getValue();
        }
        Long after = free.get(start + length);
        if (after != null) {
            free.remove(start + length);
            length += after;
        }
        free.put(start, length);
    }

    /** Bytes that nobody has. */
    long freeBytes() {
        return free.values().stream().mapToLong(Long::longValue).sum();
    }

    private long roundUp(long bytes) {
        return (Math.max(bytes, 1) + unit - 1) / unit * unit;
    }
}
