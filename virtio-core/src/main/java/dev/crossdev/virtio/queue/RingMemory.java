package dev.crossdev.virtio.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The three parts of one ring as they lie in guest memory (little-endian; virtio 1.4, The Virtqueue Descriptor Table, The
 * Virtqueue Available Ring, The Virtqueue Used Ring), with the orders of memory that each access needs.
 */
final class RingMemory {

    static final int DESCRIPTOR_BYTES = 16;

    static final int FLAG_NEXT = 1;
    static final int FLAG_WRITE = 2;
    static final int FLAG_INDIRECT = 4;

    private static final int NO_INTERRUPT = 1;
    private static final short NO_NOTIFY = 1;

    private static final long FLAGS = 0;
    private static final long INDEX = 2;
    private static final long ENTRIES = 4;
    private static final long USED_ENTRY_BYTES = 8;

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Descriptors of an indirect table may lie anywhere (virtio 1.4 asks for no alignment of theirs). */
    private static final ValueLayout.OfShort DESCRIPTOR16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfInt DESCRIPTOR32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong DESCRIPTOR64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle SHARED16 = LE16.varHandle();

    private final MappedRegions regions;
    private final MemorySegment descriptors;
    private final MemorySegment available;
    private final MemorySegment used;
    private final int size;

    RingMemory(MappedRegions regions, QueueLayout layout, boolean eventIndex) throws RingException {
        this.regions = regions;
        this.size = layout.size();
        long event = eventIndex ? Short.BYTES : 0;
        descriptors = part(layout.descriptors(), (long) DESCRIPTOR_BYTES * size, 16, "descriptor table");
        available = part(layout.available(), ENTRIES + (long) Short.BYTES * size + event, 2, "available ring");
        used = part(layout.used(), ENTRIES + USED_ENTRY_BYTES * size + event, 4, "used ring");
    }

    private MemorySegment part(long address, long bytes, int alignment, String name) throws RingException {
        int region = regions.find(address, bytes);
        if (region < 0) {
            throw new RingException(
                    RingException.Kind.RING_OUTSIDE_MEMORY,
                    name + " at 0x" + Long.toHexString(address) + ", " + bytes + " bytes");
        }
        MemorySegment segment = regions.segment(region).asSlice(regions.offset(region, address), bytes);
        // Where memory is mapped with another alignment than the guest's, atomic access would fail as well.
        if (address % alignment != 0 || segment.address() % alignment != 0) {
            throw new RingException(
                    RingException.Kind.MISALIGNED, name + " at 0x" + Long.toHexString(address) + ", not " + alignment);
        }
        return segment;
    }

    MappedRegions regions() {
        return regions;
    }

    MemorySegment descriptors() {
        return descriptors;
    }

    /** The driver's index; what it wrote to ring and buffers before is seen after this. */
    short availableIndex() {
        return (short) SHARED16.getAcquire(available, INDEX);
    }

    int availableHead(int slot) {
        return Short.toUnsignedInt(available.get(LE16, ENTRIES + (long) Short.BYTES * slot));
    }

    boolean interruptsSuppressed() {
        return ((short) SHARED16.getOpaque(available, FLAGS) & NO_INTERRUPT) != 0;
    }

    short usedEvent() {
        return (short) SHARED16.getOpaque(available, ENTRIES + (long) Short.BYTES * size);
    }

    short usedIndex() {
        return (short) SHARED16.getOpaque(used, INDEX);
    }

    void usedEntry(int slot, int head, int written) {
        long at = ENTRIES + USED_ENTRY_BYTES * slot;
        used.set(LE32, at, head);
        used.set(LE32, at + Integer.BYTES, written);
    }

    /** The driver sees the entries, and what was written to the buffers, before it sees the index. */
    void usedIndex(short index) {
        SHARED16.setRelease(used, INDEX, index);
    }

    void notifyFlag(boolean wanted) {
        SHARED16.setOpaque(used, FLAGS, wanted ? (short) 0 : NO_NOTIFY);
    }

    void availableEvent(short index) {
        SHARED16.setOpaque(used, ENTRIES + USED_ENTRY_BYTES * size, index);
    }

    static long address(MemorySegment table, long at) {
        return table.get(DESCRIPTOR64, at);
    }

    static int length(MemorySegment table, long at) {
        return table.get(DESCRIPTOR32, at + 8);
    }

    static int flags(MemorySegment table, long at) {
        return Short.toUnsignedInt(table.get(DESCRIPTOR16, at + 12));
    }

    static int next(MemorySegment table, long at) {
        return Short.toUnsignedInt(table.get(DESCRIPTOR16, at + 14));
    }
}
