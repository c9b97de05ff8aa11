package dev.crossdev.virtio.video;

import dev.crossdev.virtio.memory.MemEntry;
import java.util.UUID;

/**
 * One entry of RESOURCE_CREATE, sixteen bytes that are a piece of guest memory or an object's UUID. Which one, only the
 * stream's memory type says, so the message keeps them raw and the device asks for the right view.
 *
 * @param high the first eight bytes, big-endian
 * @param low the last eight bytes, big-endian
 */
public record ResourceEntry(long high, long low) {

    public static ResourceEntry of(MemEntry entry) {
        return new ResourceEntry(
                Long.reverseBytes(entry.address()), Long.reverseBytes(Integer.toUnsignedLong(entry.length())));
    }

    public static ResourceEntry of(UUID uuid) {
        return new ResourceEntry(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
    }

    /** Little-endian address and length; the padding is not looked at. */
    public MemEntry asMemEntry() {
        return new MemEntry(Long.reverseBytes(high), Integer.reverseBytes((int) (low >>> 32)));
    }

    /** The bytes as they lie, the order of RFC 4122 (crosvm protocol.rs reads the same). */
    public UUID asUuid() {
        return new UUID(high, low);
    }

    @Override
    public String toString() {
        return asUuid().toString();
    }
}
