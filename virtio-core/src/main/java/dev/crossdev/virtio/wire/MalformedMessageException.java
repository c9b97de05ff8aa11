package dev.crossdev.virtio.wire;

/**
 * Bytes from the other side that are not the message they claim to be. Checked, because whoever reads what a peer wrote
 * must have an answer to this.
 */
public class MalformedMessageException extends Exception {

    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message) {
        super(message);
    }
}
