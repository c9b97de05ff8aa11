package dev.crossdev.virtio.memory;

/**
 * A range of guest addresses that memory lies behind.
 *
 * @param address first guest address, unsigned
 * @param size in bytes, positive
 */
public record MemoryRegion(long address, long size) {

    public MemoryRegion {
        if (size <= 0) {
            throw new IllegalArgumentException("region of " + size + " bytes");
        }
        // The last byte must have an address: address + size - 1 may be 2^64 - 1 but not wrap.
        if (Long.compareUnsigned(address + (size - 1), address) < 0) {
            throw new IllegalArgumentException("region wraps at the end of the address space");
        }
    }

    /** Whether all {@code length} bytes from {@code address} on lie in here; never for a negative length. */
    public boolean contains(long address, long length) {
        long offset = address - this.address;
        return length >= 0
                && Long.compareUnsigned(offset, size) <= 0
                && Long.compareUnsigned(address, this.address) >= 0
                && length <= size - offset;
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(address) + "+" + size;
    }
}
