package dev.crossdev.service.pci;

import dev.crossdev.virtio.queue.QueueLayout;

/** What the driver wrote of one queue (virtio 1.4, Common configuration structure layout). */
final class QueueRegisters {

    private final int offeredSize;
    int size;
    boolean enabled;
    private long descriptors;
    private long available;
    private long used;

    /** @param offeredSize entries, a power of two */
    QueueRegisters(int offeredSize) {
        this.offeredSize = offeredSize;
        this.size = offeredSize;
    }

    void reset() {
        size = offeredSize;
        enabled = false;
        descriptors = 0;
        available = 0;
        used = 0;
    }

    /** A driver may take fewer entries than are offered, not more. */
    void size(int wanted) {
        if (wanted <= offeredSize && QueueLayout.isSize(wanted)) {
            size = wanted;
        }
    }

    /** One half of an address: 0 and 4 of the descriptors, 8 and 12 of the available ring, 16 and 20 of the used one. */
    int half(int offset) {
        return (int) (address(offset) >>> 8 * (offset & 4));
    }

    void half(int offset, int value) {
        int shift = 8 * (offset & 4);
        long address = address(offset) & ~(0xffff_ffffL << shift) | Integer.toUnsignedLong(value) << shift;
        switch (offset >> 3) {
            case 0 -> descriptors = address;
            case 1 -> available = address;
            default -> used = address;
        }
    }

    private long address(int offset) {
        return switch (offset >> 3) {
            case 0 -> descriptors;
            case 1 -> available;
            default -> used;
        };
    }

    QueueLayout layout() {
        return new QueueLayout(size, descriptors, available, used);
    }
}
