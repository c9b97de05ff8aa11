package dev.crossdev.virtio.memory;

/**
 * A piece of guest memory that a command names: the {@code mem_entry} of both virtio-gpu and virtio-video (16 bytes).
 *
 * @param address guest address, unsigned
 * @param length in bytes, unsigned
 */
public record MemEntry(long address, int length) {

    /** {@link #length} as the unsigned number it is. */
    public long size() {
        return Integer.toUnsignedLong(length);
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(address) + "+" + size();
    }
}
