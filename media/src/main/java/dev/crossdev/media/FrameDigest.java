package dev.crossdev.media;

import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over the tightly packed rows of frames in display order; nothing but their bytes goes in. */
public final class FrameDigest {
    private final MessageDigest digest;
    private int frames;

    /** A digest of no frames. */
    public FrameDigest() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Adds one tightly packed frame. */
    public void update(byte[] frame) {
        digest.update(frame);
        frames++;
    }

    /** Adds one tightly packed frame. */
    public void update(MemorySegment frame) {
        updateRows(frame, 0, frame.byteSize(), 0, 1);
        frames++;
    }

    /**
     * Adds one frame whose rows lie apart.
     *
     * @param offset of the first row, in bytes
     * @param rowBytes bytes of a row that belong to the frame
     * @param strideBytes from one row's start to the next one's
     * @param rows number of rows
     */
    public void update(MemorySegment memory, long offset, int rowBytes, int strideBytes, int rows) {
        updateRows(memory, offset, rowBytes, strideBytes, rows);
        frames++;
    }

    /** How many frames were added. */
    public int frames() {
        return frames;
    }

    /** The digest of the frames so far, as 64 lower-case hexadecimal digits; more may be added afterwards. */
    public String hex() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's SHA-256 can be cloned", e);
        }
    }

    private void updateRows(MemorySegment memory, long offset, long rowBytes, long strideBytes, int rows) {
        for (int row = 0; row < rows; row++) {
            digest.update(memory.asSlice(offset + row * strideBytes, rowBytes).asByteBuffer());
        }
    }
}
