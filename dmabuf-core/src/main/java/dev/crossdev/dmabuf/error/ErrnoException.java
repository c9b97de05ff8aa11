package dev.crossdev.dmabuf.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A failure with the errno that the kernel would give for it. */
public class ErrnoException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Errno errno;

    public ErrnoException(Errno errno, String message) {
        this(errno, message, null);
    }

    public ErrnoException(Errno errno, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.errno = Objects.requireNonNull(errno, "errno");
    }

    public final Errno errno() {
        return errno;
    }

    /** The class, the errno's name and the message: what a log line needs. */
    @Override
    public String toString() {
        return getClass().getSimpleName() + ": " + errno + ": " + getMessage();
    }
}
