package dev.crossdev.virtio.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.UUID;

/** Writes little-endian fields one after another into a buffer that grows. Not for use by several threads. */
public final class WireWriter {

    private static final VarHandle LE32 = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LE64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BE64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes;
    private int size;

    /** @param expectedSize in bytes; more is no error, only a copy */
    public WireWriter(int expectedSize) {
        bytes = new byte[Math.max(expectedSize, 16)];
    }

    public int size() {
        return size;
    }

    /** @param value its low eight bits are written */
    public WireWriter u8(int value) {
        int at = reserve(1);
        bytes[at] = (byte) value;
        return this;
    }

    public WireWriter u32(int value) {
        int at = reserve(Integer.BYTES);
        LE32.set(bytes, at, value);
        return this;
    }

    public WireWriter u64(long value) {
        int at = reserve(Long.BYTES);
        LE64.set(bytes, at, value);
        return this;
    }

    /** Sixteen bytes in the order of RFC 4122. */
    public WireWriter uuid(UUID uuid) {
        int at = reserve(2 * Long.BYTES);
        BE64.set(bytes, at, uuid.getMostSignificantBits());
        BE64.set(bytes, at + Long.BYTES, uuid.getLeastSignificantBits());
        return this;
    }

    public WireWriter bytes(byte[] source) {
        int at = reserve(source.length);
        System.arraycopy(source, 0, bytes, at, source.length);
        return this;
    }

    /** Padding. */
    public WireWriter zeros(int count) {
        reserve(count);
        return this;
    }

    /** A copy of what was written. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /** May replace {@link #bytes}: call it before naming them. */
    private int reserve(int count) {
        int at = size;
        int end = Math.addExact(at, count);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length + (bytes.length >> 1)));
        }
        size = end;
        return at;
    }
}
