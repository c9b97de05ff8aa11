package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Sixteen random bytes that stand for a descriptor: said in a gRPC message, redeemed on the Unix socket beside it.
 *
 * @param high the first eight bytes, big-endian
 * @param low the last eight bytes, big-endian
 */
public record MemoryToken(long high, long low) {
    /** Length in bytes. */
    public static final int BYTES = 16;

    private static final SecureRandom RANDOM = new SecureRandom();

    public static MemoryToken random() {
        return new MemoryToken(RANDOM.nextLong(), RANDOM.nextLong());
    }

    /** @throws ErrnoException EINVAL unless there are sixteen bytes */
    public static MemoryToken ofBytes(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new ErrnoException(Errno.EINVAL, "a memory token has " + BYTES + " bytes, not " + bytes.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new MemoryToken(buffer.getLong(), buffer.getLong());
    }

    /** @throws ErrnoException EINVAL unless there are 32 hexadecimal digits */
    public static MemoryToken parse(String text) {
        try {
            return ofBytes(HexFormat.of().parseHex(text));
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.EINVAL, "a memory token has " + 2 * BYTES + " hexadecimal digits", e);
        }
    }

    public byte[] bytes() {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    /** 32 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
