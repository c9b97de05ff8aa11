package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Memories that are handed out, each under one token for as long as any object needs it: blobs of one guest lie in the same
 * memory, which an importer then maps once. Thread-safe.
 */
final class Publications {
    private final MemoryHandout handout;
    private final Map<SharedMemory, Entry> entries = new IdentityHashMap<>();

    private static final class Entry {
        final MemoryToken token;
        int users;

        Entry(MemoryToken token) {
            this.token = token;
        }
    }

    Publications(MemoryHandout handout) {
        this.handout = handout;
    }

    /** The memory's token, good until {@link #giveBack} was called as often as this. */
    synchronized MemoryToken take(SharedMemory memory) {
        Entry entry = entries.get(memory);
        if (entry == null) {
            entry = new Entry(handout.publish(memory));
            entries.put(memory, entry);
        }
        entry.users++;
        return entry.token;
    }

    synchronized void giveBack(SharedMemory memory) {
        Entry entry = entries.get(memory);
        if (entry == null) {
            throw new IllegalStateException(memory + " is not handed out");
        }
        entry.users--;
        if (entry.users == 0) {
            entries.remove(memory);
            handout.withdraw(entry.token);
        }
    }
}
