package dev.crossdev.video.device;

/** A resource of one of a stream's two queues. */
sealed interface Buffer permits InputBuffer, OutputBuffer {

    /** Chosen by the driver, per stream and queue; unsigned. */
    int id();

    /** How large it is. */
    long bytes();

    /** Lets go of what it holds. Called when the decoder cannot be using it. */
    void release();
}
