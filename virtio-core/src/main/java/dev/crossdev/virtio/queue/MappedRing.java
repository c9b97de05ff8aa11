package dev.crossdev.virtio.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A ring in memory that is mapped: reads and writes are single instructions. */
final class MappedRing extends RingMemory {

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHARED16 = LE16.varHandle();

    private final MemorySegment available;
    private final MemorySegment used;
    private final int size;

    MappedRing(MappedRegions regions, QueueLayout layout, boolean eventIndex) throws RingException {
        super(regions, layout, eventIndex);
        size = layout.size();
        MemorySegment unused =
                part(regions, layout.descriptors(), (long) DESCRIPTOR_BYTES * size, 16, "descriptor table");
        available = part(regions, layout.available(), availableBytes(eventIndex), 2, "available ring");
        used = part(regions, layout.used(), usedBytes(eventIndex), 4, "used ring");
    }

    private static MemorySegment part(MappedRegions regions, long address, long bytes, int alignment, String name)
            throws RingException {
        int region = regions.find(address, bytes);
        MemorySegment segment = regions.segment(region).asSlice(regions.offset(region, address), bytes);
        // Where memory is mapped with another alignment than the guest's, atomic access would fail.
        if (segment.address() % alignment != 0) {
            throw misaligned(address, alignment, name);
        }
        return segment;
    }

    @Override
    short availableIndex() {
        return (short) SHARED16.getAcquire(available, INDEX);
    }

    @Override
    int availableHead(int slot) {
        return Short.toUnsignedInt(available.get(LE16, ENTRIES + (long) Short.BYTES * slot));
    }

    @Override
    boolean interruptsSuppressed() {
        return ((short) SHARED16.getOpaque(available, FLAGS) & NO_INTERRUPT) != 0;
    }

    @Override
    short usedEvent() {
        return (short) SHARED16.getOpaque(available, ENTRIES + (long) Short.BYTES * size);
    }

    @Override
    short usedIndex() {
        return (short) SHARED16.getOpaque(used, INDEX);
    }

    @Override
    void usedEntry(int slot, int head, int written) {
        long at = ENTRIES + USED_ENTRY_BYTES * slot;
        used.set(LE32, at, head);
        used.set(LE32, at + Integer.BYTES, written);
    }

    @Override
    void moveUsedIndex(short next) {
        SHARED16.setRelease(used, INDEX, next);
    }

    @Override
    void notifyFlag(boolean wanted) {
        SHARED16.setOpaque(used, FLAGS, wanted ? (short) 0 : NO_NOTIFY);
    }

    @Override
    void availableEvent(short index) {
        SHARED16.setOpaque(used, ENTRIES + USED_ENTRY_BYTES * size, index);
    }
}
