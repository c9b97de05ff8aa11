package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One picture's pixels, tightly packed, outside the Java heap. Not thread-safe. */
final class Surface {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment pixels;
    private final int width;
    private int readers;
    private boolean retired;

    Surface(int width, int height) {
        this.width = width;
        this.pixels = arena.allocate(MemoryLedger.bytesOf(width, height), PixelFormat.BYTES_PER_PIXEL);
    }

    /**
     * Copies a rectangle from another picture.
     *
     * @param source pixels in memory order
     * @param sourceStride bytes from one row of the source to the next
     * @param sourceX column in the source of the rectangle's first pixel
     * @param sourceY row in the source of the rectangle's first pixel
     * @param target the rectangle here; inside this surface
     */
    void copy(MemorySegment source, long sourceStride, int sourceX, int sourceY, Rect target) {
        long bytes = (long) target.width() * PixelFormat.BYTES_PER_PIXEL;
        long stride = (long) width * PixelFormat.BYTES_PER_PIXEL;
        long from = sourceY * sourceStride + (long) sourceX * PixelFormat.BYTES_PER_PIXEL;
        long to = target.y() * stride + (long) target.x() * PixelFormat.BYTES_PER_PIXEL;
        if (bytes == stride && sourceStride == stride) {
            MemorySegment.copy(source, from, pixels, to, bytes * target.height());
            return;
        }
        for (int row = 0; row < target.height(); row++) {
            MemorySegment.copy(source, from + row * sourceStride, pixels, to + row * stride, bytes);
        }
    }

    /** Copies a rectangle from a surface of the same size. */
    void copy(Surface other, Rect rect) {
        copy(other.pixels, (long) width * PixelFormat.BYTES_PER_PIXEL, rect.x(), rect.y(), rect);
    }

    /**
     * A row of a rectangle, to be written.
     *
     * @param target inside this surface
     */
    MemorySegment row(Rect target, int row) {
        long at = ((long) (target.y() + row) * width + target.x()) * PixelFormat.BYTES_PER_PIXEL;
        return pixels.asSlice(at, (long) target.width() * PixelFormat.BYTES_PER_PIXEL);
    }

    byte[] toBytes() {
        return pixels.toArray(ValueLayout.JAVA_BYTE);
    }

    /** Someone copies out; until {@link #unpin} the pixels must not change. */
    void pin() {
        readers++;
    }

    void unpin() {
        readers--;
        if (retired && readers == 0) {
            arena.close();
        }
    }

    boolean pinned() {
        return readers > 0;
    }

    /** No longer shown nor written; frees the memory, at once or with the last reader. Again is nothing. */
    void retire() {
        if (retired) {
            return;
        }
        retired = true;
        if (readers == 0) {
            arena.close();
        }
    }
}
