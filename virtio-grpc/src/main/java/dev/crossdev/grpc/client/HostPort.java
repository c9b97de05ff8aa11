package dev.crossdev.grpc.client;

/**
 * Where a server is.
 *
 * @param host name or address, an IPv6 one without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

    public HostPort {
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("'" + host + ":" + port + "' is not host:port");
        }
    }

    /** @throws IllegalArgumentException unless it is host:port or [IPv6 address]:port */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, colon);
            int port = Integer.parseInt(text.substring(colon + 1));
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            if (bracketed || !host.contains(":")) {
                return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is not host:port", e);
        }
        throw new IllegalArgumentException("'" + text + "' is not host:port");
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
