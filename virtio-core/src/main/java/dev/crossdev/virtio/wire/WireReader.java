package dev.crossdev.virtio.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * Reads little-endian fields one after another and never past the end. Each byte is read once, so a peer that changes
 * its memory meanwhile cannot show one value to the check and another to the use.
 *
 * <p>Numbers are unsigned numbers in signed types. Not for use by several threads.
 */
public final class WireReader {

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong BE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment bytes;
    private long position;

    public WireReader(byte[] bytes) {
        this(MemorySegment.ofArray(bytes));
    }

    public WireReader(MemorySegment bytes) {
        this.bytes = bytes;
    }

    /** Bytes not yet read. */
    public long remaining() {
        return bytes.byteSize() - position;
    }

    /** Bytes read so far. */
    public long position() {
        return position;
    }

    public int u8() throws MalformedMessageException {
        return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, advance(1)));
    }

    public int u32() throws MalformedMessageException {
        return bytes.get(LE32, advance(Integer.BYTES));
    }

    public long u64() throws MalformedMessageException {
        return bytes.get(LE64, advance(Long.BYTES));
    }

    /** Sixteen bytes as they lie there, which is the order of RFC 4122 (big-endian fields). */
    public UUID uuid() throws MalformedMessageException {
        long at = advance(2 * Long.BYTES);
        return new UUID(bytes.get(BE64, at), bytes.get(BE64, at + Long.BYTES));
    }

    public byte[] bytes(int count) throws MalformedMessageException {
        long at = advance(count);
        return bytes.asSlice(at, count).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Passes over padding, whatever it holds. */
    public WireReader skip(int count) throws MalformedMessageException {
        advance(count);
        return this;
    }

    private long advance(long count) throws MalformedMessageException {
        if (count < 0 || count > remaining()) {
            throw new MalformedMessageException(
                    count + " bytes wanted at " + position + " of a message of " + bytes.byteSize());
        }
        long at = position;
        position += count;
        return at;
    }
}
