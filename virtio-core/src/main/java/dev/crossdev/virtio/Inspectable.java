package dev.crossdev.virtio;

import java.util.List;
import java.util.Optional;

/**
 * What an operator may ask a running device, beside its command queues: the questions of {@code bufinfo} in the kernel's
 * debugfs and of a screenshot tool.
 *
 * <p>Every method may be called from any thread while commands run, gives a snapshot, and waits for nothing but short
 * locks.
 */
public interface Inspectable {

    /** How many resources the device holds, and their bytes. */
    Usage usage();

    /** Live buffers, those included that outlived their resource; ordered by age, oldest first. */
    List<HeldBuffer> buffers();

    /**
     * A copy of what a scanout shows; empty when the device has no such scanout or it is disabled.
     *
     * @param scanoutId unsigned
     */
    default Optional<ScanoutImage> captureScanout(int scanoutId) {
        return Optional.empty();
    }

    /** The scanouts that show something, in ascending order. */
    default List<ActiveScanout> activeScanouts() {
        return List.of();
    }

    /** What is plugged into the scanouts; empty for a device that has none. */
    default Optional<Displays> displays() {
        return Optional.empty();
    }

    /** The streams that the driver has created and not destroyed; empty for a device that has no such thing. */
    default List<StreamView> openStreams() {
        return List.of();
    }

    /**
     * A scanout that shows something.
     *
     * @param resourceId what it shows, unsigned
     * @param width pixels
     * @param height pixels
     * @param flushCount grows by one whenever the picture changes
     */
    record ActiveScanout(int scanoutId, int resourceId, int width, int height, long flushCount) {}

    /**
     * A decoder stream.
     *
     * @param streamId chosen by the driver, unsigned
     * @param state in a few words, for people
     * @param width pixels of its pictures
     * @param height pixels of its pictures
     * @param framesPerSecond what the bitstream says; 0 when it does not
     * @param pictures decoded into output buffers since it was created
     */
    record StreamView(
            int streamId,
            String state,
            int width,
            int height,
            int framesPerSecond,
            Queue input,
            Queue output,
            long pictures) {

        /**
         * One of its queues.
         *
         * @param buffers resources that it has
         * @param queued those that wait for the decoder
         * @param inWork whether the decoder is at one
         */
        public record Queue(int buffers, int queued, boolean inWork) {}
    }

    /**
     * A device's footprint.
     *
     * @param resources of the device, by its driver's count
     * @param resourceBytes bytes that those resources hold
     * @param buffers live buffers, those included that outlived their resource
     * @param bufferBytes bytes of those buffers
     */
    record Usage(int resources, long resourceBytes, int buffers, long bufferBytes) {

        public static final Usage NONE = new Usage(0, 0, 0, 0);

        public Usage plus(Usage other) {
            return new Usage(
                    resources + other.resources,
                    resourceBytes + other.resourceBytes,
                    buffers + other.buffers,
                    bufferBytes + other.bufferBytes);
        }
    }
}
