package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The outermost boxes of an MP4 file (ISO/IEC 14496-12, 4.2). libavformat makes the best of a cut file; a clip with
 * missing pictures is refused instead.
 */
final class Mp4Boxes {
    private static final ValueLayout.OfInt SIZE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LARGE_SIZE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int HEADER_BYTES = 8;
    private static final int LARGE_HEADER_BYTES = 16;
    private static final int TO_THE_END = 0;
    private static final int LARGE = 1;

    private Mp4Boxes() {}

    /** Fails unless the boxes fill the file exactly. */
    static void requireComplete(MemorySegment file) throws MediaException {
        long at = 0;
        while (at < file.byteSize()) {
            long left = file.byteSize() - at;
            if (left < HEADER_BYTES) {
                throw truncated();
            }
            long size = Integer.toUnsignedLong(file.get(SIZE, at));
            if (size == TO_THE_END) {
                return;
            }
            int header = HEADER_BYTES;
            if (size == LARGE) {
                header = LARGE_HEADER_BYTES;
                if (left < header) {
                    throw truncated();
                }
                size = file.get(LARGE_SIZE, at + HEADER_BYTES);
            }
            if (size < header) {
                throw new MediaException(Reason.CORRUPT, "the MP4 file is damaged");
            }
            if (size > left) {
                throw truncated();
            }
            at += size;
        }
    }

    private static MediaException truncated() {
        return new MediaException(Reason.TRUNCATED, "the MP4 file is cut off");
    }
}
