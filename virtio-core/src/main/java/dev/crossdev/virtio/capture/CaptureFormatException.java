package dev.crossdev.virtio.capture;

/** A line that is none of a capture. Checked: a file that somebody hands over may hold anything. */
public final class CaptureFormatException extends Exception {

    private static final long serialVersionUID = 1L;

    private final long line;

    /** @param line counted from 1 */
    public CaptureFormatException(long line, String reason) {
        super("line " + line + ": " + reason);
        this.line = line;
    }

    public long line() {
        return line;
    }
}
