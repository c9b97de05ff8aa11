package dev.crossdev.video.objects;

import java.time.Duration;

/** Told of each picture that goes into what was imported. Must return soon and not throw. */
@FunctionalInterface
public interface WriteListener {

    /** How a picture's write ended. The names, in lower case, are the tag {@code outcome} of {@code virtio.object.write}. */
    enum Outcome {
        /** It is in the object. */
        OK,
        /** The driver took the output back meanwhile. */
        INTERRUPTED,
        /** Anything else. */
        FAILED
    }

    /**
     * A picture was written, or could not be.
     *
     * @param path as {@link ImportListener#imported} has it
     * @param took from the painter's first byte to its last in the object, waiting for others' fences included
     */
    void written(Outcome outcome, String path, Duration took);

    /** For those who do not want to know. */
    static WriteListener ignored() {
        return (outcome, path, took) -> {};
    }
}
