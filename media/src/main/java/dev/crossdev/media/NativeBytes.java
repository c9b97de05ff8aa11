package dev.crossdev.media;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;

/** A copy of a file in native memory, followed by the zeros that FFmpeg's parsers may read beyond its end. */
final class NativeBytes implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment padded;
    private final int size;

    private NativeBytes(byte[] bytes) {
        size = bytes.length;
        // Arenas give zeroed memory.
        padded = arena.allocate((long) size + avcodec.AV_INPUT_BUFFER_PADDING_SIZE, 64);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, padded, 0, size);
    }

    static NativeBytes copyOf(byte[] bytes) {
        return new NativeBytes(bytes);
    }

    /** Length without the zeros, in bytes. */
    int size() {
        return size;
    }

    /** The bytes without the zeros. */
    MemorySegment segment() {
        return padded.asSlice(0, size);
    }

    /** The address of a byte; the pointer owns nothing. */
    BytePointer pointer(int offset) {
        return new BytePointer(padded.asSlice(offset).asByteBuffer());
    }

    @Override
    public void close() {
        arena.close();
    }
}
