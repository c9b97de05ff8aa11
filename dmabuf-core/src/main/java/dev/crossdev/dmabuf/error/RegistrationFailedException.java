package dev.crossdev.dmabuf.error;

import org.jspecify.annotations.Nullable;

/**
 * ENODEV because the buffer has no UUID and never will: the exporting device answered ASSIGN_UUID with an error, or
 * lacks the feature. The device itself is well.
 */
public final class RegistrationFailedException extends ErrnoException {
    private static final long serialVersionUID = 1;

    public RegistrationFailedException(String message) {
        this(message, null);
    }

    public RegistrationFailedException(String message, @Nullable Throwable cause) {
        super(Errno.ENODEV, message, cause);
    }
}
