package dev.crossdev.virtio.queue;

import static dev.crossdev.virtio.queue.RingMemory.DESCRIPTOR_BYTES;
import static dev.crossdev.virtio.queue.RingMemory.FLAG_INDIRECT;
import static dev.crossdev.virtio.queue.RingMemory.FLAG_NEXT;
import static dev.crossdev.virtio.queue.RingMemory.FLAG_WRITE;

import java.lang.foreign.MemorySegment;

/**
 * Follows the descriptors of one buffer. Each field is read once: a driver that changes it meanwhile cannot show one value
 * to the check and another to the use.
 */
final class DescriptorWalk {

    private static final long MOST_BYTES = 1L << 32;

    private final int size;
    private final int mostBuffers;
    private final boolean indirectNegotiated;

    DescriptorWalk(int size, boolean indirectNegotiated) {
        this.size = size;
        // Linux takes an indirect table longer than the queue, which virtio 1.4 forbids and every device accepts.
        this.mostBuffers = Math.max(size, Chain.MAX_BUFFERS);
        this.indirectNegotiated = indirectNegotiated;
    }

    void fill(Chain chain, int head, RingMemory ring) throws RingException {
        GuestRegions regions = ring.regions();
        chain.begin(head, regions);
        int region = ring.descriptorRegion();
        int index = head;
        for (int seen = 1; ; seen++) {
            if (seen > size) {
                throw loop(size);
            }
            long here = ring.layout().descriptors() + (long) DESCRIPTOR_BYTES * index;
            MemorySegment table = regions.descriptor(region, here);
            long at = regions.descriptorOffset(region, here);
            long address = RingMemory.address(table, at);
            int length = RingMemory.length(table, at);
            int flags = RingMemory.flags(table, at);
            int next = RingMemory.next(table, at);
            if ((flags & FLAG_INDIRECT) != 0) {
                requireIndirect(flags);
                indirect(chain, address, Integer.toUnsignedLong(length), regions);
                return;
            }
            take(chain, address, length, flags, regions);
            if ((flags & FLAG_NEXT) == 0) {
                return;
            }
            index = next(next, size);
        }
    }

    private void requireIndirect(int flags) throws RingException {
        if (!indirectNegotiated) {
            throw new RingException(RingException.Kind.INDIRECT_NOT_NEGOTIATED, "an indirect descriptor");
        }
        if ((flags & FLAG_NEXT) != 0) {
            throw new RingException(RingException.Kind.INDIRECT_WITH_NEXT, "flags " + flags);
        }
    }

    private void indirect(Chain chain, long address, long bytes, GuestRegions regions) throws RingException {
        if (bytes == 0 || bytes % DESCRIPTOR_BYTES != 0) {
            throw new RingException(RingException.Kind.INDIRECT_LENGTH, bytes + " bytes");
        }
        int region = regions.find(address, bytes);
        if (region < 0) {
            throw new RingException(
                    RingException.Kind.RING_OUTSIDE_MEMORY,
                    "indirect table at 0x" + Long.toHexString(address) + ", " + bytes + " bytes");
        }
        long entries = bytes / DESCRIPTOR_BYTES;
        int index = 0;
        for (long seen = 1; ; seen++) {
            if (seen > entries) {
                throw loop(entries);
            }
            long here = address + (long) DESCRIPTOR_BYTES * index;
            MemorySegment table = regions.descriptor(region, here);
            long at = regions.descriptorOffset(region, here);
            int flags = RingMemory.flags(table, at);
            if ((flags & FLAG_INDIRECT) != 0) {
                throw new RingException(RingException.Kind.INDIRECT_IN_INDIRECT, "entry " + index);
            }
            int next = RingMemory.next(table, at);
            take(chain, RingMemory.address(table, at), RingMemory.length(table, at), flags, regions);
            if ((flags & FLAG_NEXT) == 0) {
                return;
            }
            index = next(next, entries);
        }
    }

    private void take(Chain chain, long address, int length, int flags, GuestRegions regions) throws RingException {
        boolean writable = (flags & FLAG_WRITE) != 0;
        if (length == 0) {
            throw new RingException(RingException.Kind.EMPTY_BUFFER, "at 0x" + Long.toHexString(address));
        }
        if (!writable && chain.hasWritable()) {
            throw new RingException(RingException.Kind.READABLE_AFTER_WRITABLE, "at 0x" + Long.toHexString(address));
        }
        if (chain.buffers() == mostBuffers) {
            throw new RingException(RingException.Kind.TOO_MANY_BUFFERS, "more than " + mostBuffers);
        }
        long bytes = Integer.toUnsignedLong(length);
        if (chain.readableBytes() + chain.writableBytes() + bytes > MOST_BYTES) {
            throw new RingException(RingException.Kind.TOO_MANY_BYTES, "more than 2^32");
        }
        if (!regions.contains(address, bytes)) {
            throw new RingException(
                    RingException.Kind.BUFFER_OUTSIDE_MEMORY,
                    bytes + " bytes at 0x" + Long.toHexString(address) + " are not guest memory");
        }
        chain.add(address, length, writable);
    }

    private static int next(int next, long entries) throws RingException {
        if (next >= entries) {
            throw new RingException(RingException.Kind.NEXT_OUT_OF_RANGE, next + " of " + entries);
        }
        return next;
    }

    private static RingException loop(long entries) {
        return new RingException(RingException.Kind.LOOP, "more than " + entries + " descriptors in one buffer");
    }
}
