package dev.crossdev.guest.memory;

import dev.crossdev.virtio.memory.MemEntry;
import java.lang.foreign.MemorySegment;

/**
 * A run of guest pages that somebody has.
 *
 * @param address guest address of the first byte, at a page's start
 * @param length bytes that were asked for; the pages may hold more
 * @param segment the guest's own view of these bytes
 */
public record GuestPages(long address, int length, MemorySegment segment) {

    /** As a command names it. */
    public MemEntry entry() {
        return new MemEntry(address, length);
    }
}
