package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The fences of an exporter's objects in one piece of shared memory, {@value FenceSlot#BYTES} bytes each, slot n at byte
 * 64 n: whoever maps it sees and takes fences without asking anyone. The layout is {@link FenceSlot}'s; there is no
 * header. Deadlines are CLOCK_MONOTONIC, so all processes must be of one machine and one time namespace (containers of one
 * pod are).
 *
 * <p>The exporter allocates slots and tells importers their numbers; importers only use them.
 */
public final class FenceTable implements AutoCloseable {
    private final SharedMemory memory;
    private final MemorySegment segment;
    private final int slots;
    /** Which slots are taken; null in a process that only uses them. */
    private final @Nullable BitSet taken;

    private FenceTable(SharedMemory memory, int slots, @Nullable BitSet taken) {
        this.memory = memory;
        this.segment = memory.segment();
        this.slots = slots;
        this.taken = taken;
    }

    /**
     * The exporter's table.
     *
     * @throws ErrnoException EINVAL for a number that is not positive; ENOMEM
     */
    public static FenceTable create(int slots) {
        SharedMemory memory = SharedMemory.create("crossdev-fences", (long) slots * FenceSlot.BYTES);
        return new FenceTable(memory, slots, new BitSet());
    }

    /** An importer's view of an exporter's table; the memory is the table's from here on. */
    public static FenceTable open(SharedMemory memory) {
        return new FenceTable(memory, (int) Math.min(memory.size() / FenceSlot.BYTES, Integer.MAX_VALUE), null);
    }

    /** What importers open. */
    public SharedMemory memory() {
        return memory;
    }

    /** How many slots there are. */
    public int slots() {
        return slots;
    }

    /** How many slots are allocated; 0 in a process that only uses them. */
    public int allocated() {
        BitSet bits = taken;
        if (bits == null) {
            return 0;
        }
        synchronized (bits) {
            return bits.cardinality();
        }
    }

    /**
     * A free slot's number, its fences cleared.
     *
     * @throws ErrnoException ENOMEM when all are taken; EPERM in a process that only uses the table
     */
    public int allocate() {
        BitSet bits = exporters();
        synchronized (bits) {
            int index = bits.nextClearBit(0);
            if (index >= slots) {
                throw new ErrnoException(Errno.ENOMEM, "all " + slots + " fence slots are taken");
            }
            bits.set(index);
            new FenceSlot(segment, index).clear();
            return index;
        }
    }

    /**
     * Gives a slot back; fences that are left end.
     *
     * @throws ErrnoException EINVAL when it was not allocated; EPERM in a process that only uses the table
     */
    public void free(int index) {
        BitSet bits = exporters();
        synchronized (bits) {
            if (index < 0 || !bits.get(index)) {
                throw new ErrnoException(Errno.EINVAL, "fence slot " + index + " is not allocated");
            }
            new FenceSlot(segment, index).clear();
            bits.clear(index);
        }
    }

    /** @throws ErrnoException EINVAL when there is no such slot */
    public FenceSlot slot(int index) {
        if (index < 0 || index >= slots) {
            throw new ErrnoException(Errno.EINVAL, "no fence slot " + index + " of " + slots);
        }
        return new FenceSlot(segment, index);
    }

    /** Ends all fences of a holder that is gone, in every slot. Returns how many there were. */
    public int abandon(int holder) {
        int count = 0;
        for (int index = 0; index < slots; index++) {
            count += new FenceSlot(segment, index).abandon(holder);
        }
        return count;
    }

    /** Fences that ended by their deadline, ever, in all slots. */
    public long expired() {
        long count = 0;
        for (int index = 0; index < slots; index++) {
            count += new FenceSlot(segment, index).expired();
        }
        return count;
    }

    /** Lets go of the memory; slots are an {@link IllegalStateException} from here on. */
    @Override
    public void close() {
        memory.close();
    }

    private BitSet exporters() {
        return Optional.ofNullable(taken)
                .orElseThrow(() -> new ErrnoException(Errno.EPERM, "only the exporter gives out fence slots"));
    }
}
