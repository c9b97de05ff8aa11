package dev.crossdev.virtio.gpu;

/**
 * A rectangle in pixels, origin top left. All four numbers are unsigned; the edges are 64-bit sums, so they cannot wrap
 * (QEMU adds in 32 bits and needs further checks for it).
 */
public record Rect(int x, int y, int width, int height) {

    public static final Rect EMPTY = new Rect(0, 0, 0, 0);

    /** The whole of an image. */
    public static Rect of(int width, int height) {
        return new Rect(0, 0, width, height);
    }

    /** First column to the right of the rectangle. */
    public long right() {
        return Integer.toUnsignedLong(x) + Integer.toUnsignedLong(width);
    }

    /** First row below the rectangle. */
    public long bottom() {
        return Integer.toUnsignedLong(y) + Integer.toUnsignedLong(height);
    }

    public boolean isEmpty() {
        return width == 0 || height == 0;
    }

    /** Whether it lies inside an image of this (unsigned) size. */
    public boolean fitsIn(int imageWidth, int imageHeight) {
        return right() <= Integer.toUnsignedLong(imageWidth) && bottom() <= Integer.toUnsignedLong(imageHeight);
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(width) + "x" + Integer.toUnsignedString(height) + "+"
                + Integer.toUnsignedString(x) + "+" + Integer.toUnsignedString(y);
    }
}
