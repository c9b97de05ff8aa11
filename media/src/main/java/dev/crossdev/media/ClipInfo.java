package dev.crossdev.media;

/**
 * What is known of a clip before it is decoded.
 *
 * @param container {@code annexb} or {@code mp4}
 * @param codec always {@code h264}
 * @param width visible width of the first picture, in pixels
 * @param height visible height of the first picture, in pixels
 * @param frameCount number of pictures
 * @param frameRate pictures per second; 25 when the clip does not say
 * @param durationMicros pictures divided by rate, in microseconds
 * @param codedBytes sum of the access units' lengths
 */
public record ClipInfo(
        String container,
        String codec,
        int width,
        int height,
        int frameCount,
        FrameRate frameRate,
        long durationMicros,
        long codedBytes) {}
