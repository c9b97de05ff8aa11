package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Memories of exporters that are mapped here: each once, for as long as anybody leases it. Tokens are random, so a
 * restarted exporter's never mean an old memory.
 */
final class MemoryCache {
    private final Map<MemoryToken, Entry> entries = new HashMap<>();

    private static final class Entry {
        /** Held while the memory is fetched, so that those who want the same one wait for it. */
        final ReentrantLock fetching = new ReentrantLock();

        @Nullable
        SharedMemory memory;

        int leases;
    }

    /** A reason to keep a memory mapped. */
    final class Lease implements AutoCloseable {
        private final MemoryToken token;
        private final SharedMemory memory;
        private boolean closed;

        private Lease(MemoryToken token, SharedMemory memory) {
            this.token = token;
            this.memory = memory;
        }

        SharedMemory memory() {
            return memory;
        }

        /** @throws dev.crossdev.dmabuf.error.ErrnoException EINVAL when it does not lie inside */
        MemorySegment slice(long offset, long length) {
            return memory.slice(offset, length);
        }

        /** Unmaps with the last lease. */
        @Override
        public void close() {
            synchronized (this) {
                if (closed) {
                    return;
                }
                closed = true;
            }
            giveBack(token);
        }
    }

    /**
     * Leases a memory.
     *
     * @param fetch gets it, when it is not mapped yet; may wait
     */
    Lease lease(MemoryToken token, Supplier<SharedMemory> fetch) {
        Entry entry;
        synchronized (entries) {
            entry = entries.computeIfAbsent(token, _ -> new Entry());
            entry.leases++;
        }
        entry.fetching.lock();
        try {
            SharedMemory memory = entry.memory;
            if (memory == null) {
                memory = fetch.get();
                entry.memory = memory;
            }
            return new Lease(token, memory);
        } catch (RuntimeException | Error e) {
            giveBack(token);
            throw e;
        } finally {
            entry.fetching.unlock();
        }
    }

    /** How many memories are mapped. */
    int size() {
        synchronized (entries) {
            return entries.size();
        }
    }

    private void giveBack(MemoryToken token) {
        SharedMemory unused;
        synchronized (entries) {
            Entry entry = entries.get(token);
            if (entry == null || --entry.leases > 0) {
                return;
            }
            entries.remove(token);
            unused = entry.memory;
        }
        if (unused != null) {
            unused.close();
        }
    }
}
