package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What one VMM hands over as its guest's RAM, again and again as the guest's address space changes: a descriptor of memory
 * that is here already gives that memory, so that it is mapped once and whoever uses it goes on. For use by one thread.
 */
public final class ReceivedMemories implements AutoCloseable {

    private final long mostBytes;
    private final Map<MemoryCalls.FileIdentity, ReceivedMemory> known = new HashMap<>();

    /** @param mostBytes of one memory */
    public ReceivedMemories(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * The memory behind a descriptor, which is taken in any case: sealed, when it can be. The memory stays this object's.
     *
     * @throws ErrnoException ENOMEM above the limit; EPERM for what can neither be sealed nor safely copied (see {@link
     *     UnsealedMemory#adopt}); else as {@link SharedMemory#receive}
     */
    public ReceivedMemory adopt(int descriptor) {
        MemoryCalls.FileIdentity identity;
        try {
            identity = MemoryCalls.fileIdentity(descriptor);
            ReceivedMemory there = known.get(identity);
            if (there != null) {
                Libc.close(descriptor);
                return there;
            }
            if (MemoryCalls.fileSize(descriptor).size() > mostBytes) {
                throw new ErrnoException(Errno.ENOMEM, "guest memory may have " + mostBytes + " bytes");
            }
        } catch (RuntimeException e) {
            Libc.close(descriptor);
            throw e;
        }
        ReceivedMemory received =
                Memfd.seal(descriptor) ? SharedMemory.receive(descriptor, 1) : UnsealedMemory.adopt(descriptor);
        known.put(identity, received);
        return received;
    }

    /** Closes those that are not among these. */
    public void retain(Collection<? extends ReceivedMemory> used) {
        Set<ReceivedMemory> still = Set.copyOf(used);
        known.values().removeIf(memory -> {
            if (still.contains(memory)) {
                return false;
            }
            memory.close();
            return true;
        });
    }

    @Override
    public void close() {
        retain(Set.of());
    }
}
