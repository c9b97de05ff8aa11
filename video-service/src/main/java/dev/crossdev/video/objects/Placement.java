package dev.crossdev.video.objects;

/** How an imported object's content is to be reached. */
public enum Placement {
    /** Mapped where that is possible, sent where it is not. */
    AUTO,
    /** Mapped; what cannot be mapped is not imported. */
    SHARED_MEMORY,
    /** Sent, always. */
    STREAM
}
