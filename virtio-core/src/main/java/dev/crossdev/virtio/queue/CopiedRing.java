package dev.crossdev.virtio.queue;

import dev.crossdev.virtio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A ring in memory that is copied. A copy of two bytes may be two copies of one, with the other side between them:
 *
 * <ul>
 *   <li>the driver's index is read until two copies in a row agree;
 *   <li>the device's index moves by {@link GuestMemory#increment}, which is one store;
 *   <li>the wishes (used_event, avail_event, the flags) may be torn: whoever writes one looks at the other side's index
 *       afterwards, as both sides must in any case, and whoever reads one moved its own index before.
 * </ul>
 */
final class CopiedRing extends RingMemory {

    /** A driver that never stops moving its index gets what it deserves. */
    private static final int MOST_READS = 16;

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GuestMemory memory;
    private final long available;
    private final long used;
    private final int size;
    /** One side takes and one gives, perhaps at the same time. */
    private final MemorySegment takers = MemorySegment.ofArray(new byte[Short.BYTES]);

    private final MemorySegment givers = MemorySegment.ofArray(new byte[(int) USED_ENTRY_BYTES]);

    CopiedRing(CopiedRegions regions, QueueLayout layout, boolean eventIndex) throws RingException {
        super(regions, layout, eventIndex);
        memory = regions.memory();
        available = layout.available();
        used = layout.used();
        size = layout.size();
    }

    @Override
    short availableIndex() {
        short index = take16(available + INDEX);
        for (int i = 0; i < MOST_READS; i++) {
            short again = take16(available + INDEX);
            if (again == index) {
                break;
            }
            index = again;
        }
        VarHandle.acquireFence();
        return index;
    }

    @Override
    int availableHead(int slot) {
        return Short.toUnsignedInt(take16(available + ENTRIES + (long) Short.BYTES * slot));
    }

    @Override
    boolean interruptsSuppressed() {
        return (give16(available + FLAGS) & NO_INTERRUPT) != 0;
    }

    @Override
    short usedEvent() {
        return give16(available + ENTRIES + (long) Short.BYTES * size);
    }

    @Override
    short usedIndex() {
        return give16(used + INDEX);
    }

    @Override
    void usedEntry(int slot, int head, int written) {
        givers.set(LE32, 0, head);
        givers.set(LE32, Integer.BYTES, written);
        memory.write(used + ENTRIES + USED_ENTRY_BYTES * slot, givers);
    }

    @Override
    void moveUsedIndex(short next) {
        memory.increment(used + INDEX);
    }

    @Override
    void notifyFlag(boolean wanted) {
        wish(used + FLAGS, wanted ? (short) 0 : NO_NOTIFY);
    }

    @Override
    void availableEvent(short index) {
        wish(used + ENTRIES + USED_ENTRY_BYTES * size, index);
    }

    private void wish(long address, short value) {
        takers.set(LE16, 0, value);
        memory.write(address, takers);
    }

    private short take16(long address) {
        memory.read(address, takers);
        return takers.get(LE16, 0);
    }

    private short give16(long address) {
        MemorySegment half = givers.asSlice(0, Short.BYTES);
        memory.read(address, half);
        return half.get(LE16, 0);
    }
}
