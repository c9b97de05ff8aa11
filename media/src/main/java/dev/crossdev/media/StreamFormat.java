package dev.crossdev.media;

/**
 * The pictures that a stream is made of, as its active sequence parameter set says.
 *
 * @param width visible width in pixels
 * @param height visible height in pixels
 * @param codedWidth width before cropping, a multiple of 16
 * @param codedHeight height before cropping, a multiple of 16
 * @param matrix the colour matrix, guessed from the size when the stream does not say
 * @param fullRange whether luma uses 0..255 instead of 16..235
 */
public record StreamFormat(
        int width, int height, int codedWidth, int codedHeight, ColorMatrix matrix, boolean fullRange) {}
