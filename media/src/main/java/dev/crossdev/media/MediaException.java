package dev.crossdev.media;

import java.io.Serial;

/** Media that cannot be read, understood or decoded. The message is one line, fit to be shown to a user. */
public final class MediaException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What is wrong, for callers that act on it. */
    public enum Reason {
        /** The file is missing or cannot be read. */
        UNREADABLE,
        /** No media format is recognised in the bytes. */
        NOT_MEDIA,
        /** Media, but neither H.264 in Annex B nor MP4 with an H.264 track. */
        NOT_H264,
        /** The file ends before what it announces. */
        TRUNCATED,
        /** The bytes break the format's rules; a decoder goes on with the next unit. */
        CORRUPT,
        /** Well formed, but beyond what this module does or is allowed to do (such as too large a picture). */
        UNSUPPORTED,
        /** FFmpeg ran out of memory or refused an operation for a reason outside the media. */
        FAILED
    }

    private final Reason reason;

    /**
     * @param reason what is wrong
     * @param message one line for the user
     */
    public MediaException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /**
     * @param reason what is wrong
     * @param message one line for the user
     * @param cause what was thrown underneath
     */
    public MediaException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }
}
