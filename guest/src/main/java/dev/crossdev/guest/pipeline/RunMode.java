package dev.crossdev.guest.pipeline;

/** How far a run goes and when its clock starts. */
public enum RunMode {
    /** To the end of the clip. */
    FULL("full"),
    /** Stops when the first frame is on the scanout. */
    STARTUP("startup"),
    /**
     * As {@link #STARTUP}, but every buffer is exported and answered before the clock starts: the start-up that no
     * registration strategy can beat.
     */
    FLOOR("floor");

    private final String text;

    RunMode(String text) {
        this.text = text;
    }

    /** The name in reports. */
    @Override
    public String toString() {
        return text;
    }
}
