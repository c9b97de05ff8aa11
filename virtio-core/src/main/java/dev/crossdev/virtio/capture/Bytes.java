package dev.crossdev.virtio.capture;

import java.util.Arrays;
import java.util.HexFormat;

/** Bytes that do not change, equal by content. */
public final class Bytes {

    public static final Bytes NONE = new Bytes(new byte[0]);

    private final byte[] content;

    private Bytes(byte[] content) {
        this.content = content;
    }

    public static Bytes of(byte[] content) {
        return content.length == 0 ? NONE : new Bytes(content.clone());
    }

    /** @throws IllegalArgumentException when the text is not pairs of hexadecimal digits */
    public static Bytes ofHex(CharSequence hex) {
        return new Bytes(HexFormat.of().parseHex(hex));
    }

    public int size() {
        return content.length;
    }

    public boolean isEmpty() {
        return content.length == 0;
    }

    public byte at(int index) {
        return content[index];
    }

    /** Little-endian, at a byte offset. */
    public int u32(int offset) {
        return content[offset] & 0xff
                | (content[offset + 1] & 0xff) << 8
                | (content[offset + 2] & 0xff) << 16
                | (content[offset + 3] & 0xff) << 24;
    }

    /** A part; {@code to} is not included. */
    public Bytes part(int from, int to) {
        return new Bytes(Arrays.copyOfRange(content, from, to));
    }

    public byte[] toArray() {
        return content.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(content);
    }

    /** In lower-case hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(content);
    }
}
