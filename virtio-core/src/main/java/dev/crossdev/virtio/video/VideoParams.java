package dev.crossdev.virtio.video;

import java.util.List;

/**
 * What a queue of a stream carries (112 bytes on the wire).
 *
 * @param format number of a {@link VideoFormat}, or any other number; 0 when not set
 * @param frameWidth in pixels
 * @param frameHeight in pixels
 * @param minBuffers fewest buffers that the device can work with
 * @param maxBuffers most buffers that the device takes
 * @param crop the part of the frame that is to be shown
 * @param frameRate frames per second
 * @param planes at most {@link VideoLimits#MAX_PLANES}
 */
public record VideoParams(
        QueueType queueType,
        int format,
        int frameWidth,
        int frameHeight,
        int minBuffers,
        int maxBuffers,
        Crop crop,
        int frameRate,
        List<PlaneFormat> planes) {

    public VideoParams {
        planes = List.copyOf(planes);
        if (planes.size() > VideoLimits.MAX_PLANES) {
            throw new IllegalArgumentException(planes.size() + " planes");
        }
    }

    /** In pixels, from the frame's top left corner. */
    public record Crop(int left, int top, int width, int height) {
        public static final Crop NONE = new Crop(0, 0, 0, 0);
    }

    /**
     * @param planeSize in bytes
     * @param stride bytes from one row to the next
     */
    public record PlaneFormat(int planeSize, int stride) {}
}
