package dev.crossdev.video.objects;

import java.time.Duration;

/** Told of each import's end, and of each picture that goes into what was imported. Must return soon and not throw. */
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

    /** How a picture's write ended; the tag {@code outcome} of {@code virtio.object.write}. */
    enum Written {
        /** It is in the object. */
        OK,
        /** The driver took the output back meanwhile. */
        INTERRUPTED,
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

    /**
     * A picture was written, or could not be.
     *
     * @param path as {@link #imported} has it
     * @param took from the painter's first byte to its last in the object, waiting for others' fences included
     */
    default void written(Written outcome, String path, Duration took) {}

    /** This one, told of writes only: of imports somebody else tells it. */
    default ImportListener ofWrites() {
        ImportListener all = this;
        return new ImportListener() {
            @Override
            public void imported(Outcome outcome, String path, Duration took) {}

            @Override
            public void written(Written outcome, String path, Duration took) {
                all.written(outcome, path, took);
            }
        };
    }

    /** For those who do not want to know. */
    static ImportListener ignored() {
        return (outcome, path, took) -> {};
    }
}
