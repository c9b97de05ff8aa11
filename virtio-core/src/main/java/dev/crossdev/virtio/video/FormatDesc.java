package dev.crossdev.virtio.video;

import java.util.List;

/**
 * One format that a queue can carry, in the answer to QUERY_CAPABILITY.
 *
 * @param mask bit n means: goes together with the n-th description of the other queue
 * @param format number of a {@link VideoFormat}
 * @param planesLayouts a set of {@link PlanesLayout} numbers, as bits
 * @param planeAlign alignment of planes in bytes
 * @param frames sizes and rates that the format can have
 */
public record FormatDesc(long mask, int format, int planesLayouts, int planeAlign, List<FormatFrame> frames) {

    public FormatDesc {
        frames = List.copyOf(frames);
    }

    /**
     * @param width in pixels
     * @param height in pixels
     * @param frameRates in frames per second
     */
    public record FormatFrame(FormatRange width, FormatRange height, List<FormatRange> frameRates) {
        public FormatFrame {
            frameRates = List.copyOf(frameRates);
        }
    }

    /** From min to max (both included) in steps. */
    public record FormatRange(int min, int max, int step) {}
}
