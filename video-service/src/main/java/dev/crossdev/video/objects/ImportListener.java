package dev.crossdev.video.objects;

import java.time.Duration;

/** Told of each import's end. Must return soon and not throw. */
@FunctionalInterface
public interface ImportListener {

    /** How an import ended. The names, in lower case, are the tag {@code outcome} of {@code virtio.object.import}. */
    enum Outcome {
        /** Memory is reached. */
        OK,
        /** The driver gave sixteen zero bytes: it did not wait for the UUID. */
        ZERO_UUID,
        /** The UUID does not resolve within the guest. */
        UNKNOWN_UUID,
        /** Not within the deadline. */
        TIMEOUT,
        /** The exporting service is not there. */
        EXPORTER_GONE,
        /** The object is there, its memory cannot be reached from here. */
        UNREACHABLE,
        /** Anything else. */
        FAILED
    }

    /**
     * An import ended.
     *
     * @param path {@code shm}, {@code shm-copy} when the pieces could not be mapped as one run, {@code stream} when pictures are
     *     sent, or {@code none} when no memory was reached
     * @param took from the UUID's arrival to its memory within reach, the way to the exporting service included
     */
    void imported(Outcome outcome, String path, Duration took);
}
