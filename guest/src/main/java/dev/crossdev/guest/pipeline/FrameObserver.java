package dev.crossdev.guest.pipeline;

/**
 * Looks at each frame while it is on the scanout: its buffer is not queued again, and no other frame is shown, before
 * this returns. It is the harness's way in; the guest itself never hands a pixel to anyone.
 */
@FunctionalInterface
public interface FrameObserver {

    /** For those who do not look. */
    FrameObserver NONE = frame -> {};

    /**
     * Called on the thread that runs the pipeline. What it throws ends the run.
     *
     * @param frame what is on the scanout now
     */
    void shown(ShownFrame frame);
}
