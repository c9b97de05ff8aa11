package dev.crossdev.grpc.status;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;

/**
 * EBUSY because another instance of the service hosts the device. On the wire it is FAILED_PRECONDITION, and the
 * {@code ErrorInfo} says where to knock, under {@value #INSTANCE}.
 */
public final class HostedElsewhereException extends ErrnoException {
    private static final long serialVersionUID = 1;

    /** The key in the metadata of the {@code ErrorInfo}; the value is host:port, an IPv6 address in brackets. */
    public static final String INSTANCE = "instance";

    private final String instance;

    /** @param instance host:port, an IPv6 address in brackets */
    public HostedElsewhereException(String message, String instance) {
        super(Errno.EBUSY, message);
        this.instance = instance;
    }

    public String instance() {
        return instance;
    }
}
