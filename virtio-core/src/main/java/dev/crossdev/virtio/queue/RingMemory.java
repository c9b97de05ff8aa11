package dev.crossdev.virtio.queue;

import dev.crossdev.virtio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The three parts of one ring as they lie in guest memory (little-endian; virtio 1.4, The Virtqueue Descriptor Table, The
 * Virtqueue Available Ring, The Virtqueue Used Ring), with the orders of memory that each access needs.
 */
abstract sealed class RingMemory permits MappedRing, CopiedRing {

    static final int DESCRIPTOR_BYTES = 16;

    static final int FLAG_NEXT = 1;
    static final int FLAG_WRITE = 2;
    static final int FLAG_INDIRECT = 4;

    static final int NO_INTERRUPT = 1;
    static final short NO_NOTIFY = 1;

    static final long FLAGS = 0;
    static final long INDEX = 2;
    static final long ENTRIES = 4;
    static final long USED_ENTRY_BYTES = 8;

    /** Descriptors of an indirect table may lie anywhere (virtio 1.4 asks for no alignment of theirs). */
    private static final ValueLayout.OfShort DESCRIPTOR16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfInt DESCRIPTOR32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong DESCRIPTOR64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GuestRegions regions;
    private final QueueLayout layout;
    private final int descriptorRegion;

    RingMemory(GuestRegions regions, QueueLayout layout, boolean eventIndex) throws RingException {
        this.regions = regions;
        this.layout = layout;
        descriptorRegion =
                require(layout.descriptors(), (long) DESCRIPTOR_BYTES * layout.size(), 16, "descriptor table");
        require(layout.available(), availableBytes(eventIndex), 2, "available ring");
        require(layout.used(), usedBytes(eventIndex), 4, "used ring");
    }

    /** @throws RingException for a ring that does not lie in guest memory, or not as it must */
    static RingMemory of(GuestMemory memory, QueueLayout layout, boolean eventIndex) throws RingException {
        return switch (GuestRegions.of(memory)) {
            case MappedRegions mapped -> new MappedRing(mapped, layout, eventIndex);
            case CopiedRegions copied -> new CopiedRing(copied, layout, eventIndex);
        };
    }

    final long availableBytes(boolean eventIndex) {
        return ENTRIES + (long) Short.BYTES * layout.size() + (eventIndex ? Short.BYTES : 0);
    }

    final long usedBytes(boolean eventIndex) {
        return ENTRIES + USED_ENTRY_BYTES * layout.size() + (eventIndex ? Short.BYTES : 0);
    }

    private int require(long address, long bytes, int alignment, String name) throws RingException {
        int region = regions.find(address, bytes);
        if (region < 0) {
            throw new RingException(
                    RingException.Kind.RING_OUTSIDE_MEMORY,
                    name + " at 0x" + Long.toHexString(address) + ", " + bytes + " bytes");
        }
        if (address % alignment != 0) {
            throw misaligned(address, alignment, name);
        }
        return region;
    }

    static RingException misaligned(long address, int alignment, String name) {
        return new RingException(
                RingException.Kind.MISALIGNED, name + " at 0x" + Long.toHexString(address) + ", not " + alignment);
    }

    final GuestRegions regions() {
        return regions;
    }

    final QueueLayout layout() {
        return layout;
    }

    /** The region that the descriptor table lies in. */
    final int descriptorRegion() {
        return descriptorRegion;
    }

    /** The driver's index; what it wrote to ring and buffers before is seen after this. */
    abstract short availableIndex();

    abstract int availableHead(int slot);

    abstract boolean interruptsSuppressed();

    abstract short usedEvent();

    abstract short usedIndex();

    abstract void usedEntry(int slot, int head, int written);

    /**
     * One more: the driver sees the entry, and what was written to the buffers, before it sees the index.
     *
     * @param next what the index is then, as long as the device alone writes it
     */
    abstract void moveUsedIndex(short next);

    abstract void notifyFlag(boolean wanted);

    abstract void availableEvent(short index);

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
