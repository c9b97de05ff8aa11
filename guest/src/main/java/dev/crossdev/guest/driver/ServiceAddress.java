package dev.crossdev.guest.driver;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.HostPort;

/**
 * Where a service is.
 *
 * @param name as people call it, such as {@code gpu-service}
 * @param host name or address; several, parted by commas, for what {@link Instances} chooses from
 * @param port of its gRPC server
 * @param certified what its certificate is for, with TLS: the host, or the name behind which the host is one of several
 */
public record ServiceAddress(String name, String host, int port, String certified) {

    /** One whose certificate is for the host. */
    public ServiceAddress(String name, String host, int port) {
        this(name, host, port, host);
    }

    /**
     * Another instance of the same service.
     *
     * @param instance host:port, an IPv6 address in brackets
     * @throws ErrnoException EPROTO when it is no such thing
     */
    public ServiceAddress movedTo(String instance) {
        try {
            HostPort there = HostPort.parse(instance);
            return new ServiceAddress(name, there.host(), there.port());
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.EPROTO, this + " names as the instance " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return name + " (" + host + ":" + port + ")";
    }
}
