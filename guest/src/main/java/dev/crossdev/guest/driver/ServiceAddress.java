package dev.crossdev.guest.driver;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.net.URI;
import java.net.URISyntaxException;

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
            URI there = new URI("grpc", instance, null, null, null).parseServerAuthority();
            if (there.getHost() != null && there.getPort() > 0) {
                return new ServiceAddress(name, there.getHost().replaceAll("[\\[\\]]", ""), there.getPort());
            }
        } catch (URISyntaxException e) {
            throw new ErrnoException(Errno.EPROTO, this + " names an instance that is no host:port: " + instance, e);
        }
        throw new ErrnoException(Errno.EPROTO, this + " names an instance that is no host:port: " + instance);
    }

    @Override
    public String toString() {
        return name + " (" + host + ":" + port + ")";
    }
}
