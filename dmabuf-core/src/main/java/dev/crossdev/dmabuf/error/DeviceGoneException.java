package dev.crossdev.dmabuf.error;

import org.jspecify.annotations.Nullable;

/** ENODEV because the device went away: unplugged, reset, or the connection to it was lost. */
public final class DeviceGoneException extends ErrnoException {
    private static final long serialVersionUID = 1;

    public DeviceGoneException(String message) {
        this(message, null);
    }

    public DeviceGoneException(String message, @Nullable Throwable cause) {
        super(Errno.ENODEV, message, cause);
    }
}
