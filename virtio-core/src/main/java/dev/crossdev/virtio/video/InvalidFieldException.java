package dev.crossdev.virtio.video;

import dev.crossdev.virtio.wire.MalformedMessageException;

/** A message of the right length with a number in it that does not exist. */
final class InvalidFieldException extends MalformedMessageException {

    private static final long serialVersionUID = 1L;

    InvalidFieldException(String field, int value) {
        super(field + " " + Integer.toUnsignedString(value));
    }
}
