package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.CursorPosition;
import java.util.Optional;

/**
 * Where the pointer is on one scanout and what it looks like.
 *
 * @param x column of its tip, unsigned
 * @param y row of its tip, unsigned
 * @param image empty when it is hidden
 */
public record Pointer(int x, int y, Optional<Image> image) {

    /** As it is before the first command. */
    public static final Pointer HIDDEN = new Pointer(0, 0, Optional.empty());

    Pointer movedTo(CursorPosition position) {
        return new Pointer(position.x(), position.y(), image);
    }

    static Pointer hiddenAt(CursorPosition position) {
        return new Pointer(position.x(), position.y(), Optional.empty());
    }

    /**
     * A picture of 64x64 pixels.
     *
     * @param resourceId that it was copied from, unsigned
     * @param hotX column of the pointer's tip
     * @param hotY row of the pointer's tip
     * @param format number of a pixel format
     * @param pixels tightly packed; not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Image(int resourceId, int hotX, int hotY, int format, byte[] pixels) {}
}
