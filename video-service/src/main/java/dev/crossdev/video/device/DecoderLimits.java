package dev.crossdev.video.device;

import java.time.Duration;

/**
 * How much a driver may ask of one device, and how long the device waits for others.
 *
 * @param streams streams at a time; one more is ERR_OUT_OF_MEMORY
 * @param buffers resources of one queue at a time, told in the params; one more is ERR_OUT_OF_MEMORY
 * @param inputBytes bytes of one input buffer
 * @param maxWidth pixels
 * @param maxHeight pixels
 * @param fenceWait how long an output waits for others' fences on its object before it fails
 * @param fenceHold how long filling an output may take before its fence counts as signalled with an error
 * @param stopWait how long a reset waits for the decoders to stop
 */
public record DecoderLimits(
        int streams,
        int buffers,
        int inputBytes,
        int maxWidth,
        int maxHeight,
        Duration fenceWait,
        Duration fenceHold,
        Duration stopWait) {

    public static final DecoderLimits DEFAULT = new DecoderLimits(
            16, 64, 16 << 20, 4096, 2304, Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(5));

    public DecoderLimits {
        if (streams < 1 || buffers < 1 || inputBytes < 1 || maxWidth < 16 || maxHeight < 16) {
            throw new IllegalArgumentException("a device that could do nothing");
        }
    }

    /** Pixels of the largest picture decoded. */
    public long maxPixels() {
        return (long) maxWidth * maxHeight;
    }
}
