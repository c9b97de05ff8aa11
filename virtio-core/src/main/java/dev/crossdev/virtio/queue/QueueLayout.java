package dev.crossdev.virtio.queue;

/**
 * Where a driver put the three parts of a split virtqueue.
 *
 * @param size entries, a power of two from 1 to 32768
 * @param descriptors guest address of the descriptor table: 16 bytes an entry, aligned to 16
 * @param available guest address of the available ring, which the driver writes: 6 bytes and 2 an entry, aligned to 2
 * @param used guest address of the used ring, which the device writes: 6 bytes and 8 an entry, aligned to 4
 */
public record QueueLayout(int size, long descriptors, long available, long used) {

    /** The largest queue (virtio 1.4, Split Virtqueues). */
    public static final int MAX_SIZE = 1 << 15;

    public static boolean isSize(int size) {
        return size > 0 && size <= MAX_SIZE && Integer.bitCount(size) == 1;
    }

    @Override
    public String toString() {
        return size + " entries, descriptors 0x" + Long.toHexString(descriptors) + ", available 0x"
                + Long.toHexString(available) + ", used 0x" + Long.toHexString(used);
    }
}
