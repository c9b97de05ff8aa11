package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Descriptors that peers handed over and nobody has taken. Whoever removes one from here must close or use it. */
final class UnclaimedMemory {
    private record Item(int descriptor, Object giver, Deadline deadline) {}

    private final DescriptorLimits limits;
    private final Semaphore room;
    private final Map<MemoryToken, Item> items = new ConcurrentHashMap<>();

    UnclaimedMemory(DescriptorLimits limits) {
        this.limits = limits;
        this.room = new Semaphore(limits.unclaimed());
    }

    /** Keeps it, or says why not: EMFILE, EEXIST. Then the descriptor stays the caller's. */
    Optional<Errno> keep(MemoryToken token, int descriptor, Object giver) {
        if (!room.tryAcquire()) {
            return Optional.of(Errno.EMFILE);
        }
        Item item = new Item(descriptor, giver, Deadline.after(limits.claimWithin()));
        if (items.putIfAbsent(token, item) != null) {
            room.release();
            return Optional.of(Errno.EEXIST);
        }
        return Optional.empty();
    }

    /** The descriptor, the caller's from here on. */
    Optional<Integer> claim(MemoryToken token) {
        Item item = items.remove(token);
        if (item == null) {
            return Optional.empty();
        }
        room.release();
        return Optional.of(item.descriptor());
    }

    void dropOverdue() {
        items.forEach((token, item) -> {
            if (item.deadline().passed()) {
                drop(token);
            }
        });
    }

    void dropFrom(Object giver) {
        items.forEach((token, item) -> {
            if (item.giver() == giver) {
                drop(token);
            }
        });
    }

    void dropAll() {
        items.keySet().forEach(this::drop);
    }

    int size() {
        return items.size();
    }

    private void drop(MemoryToken token) {
        claim(token).ifPresent(Libc::close);
    }
}
