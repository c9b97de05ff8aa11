package dev.crossdev.video.app;

/**
 * Where a service is.
 *
 * @param host name or address, an IPv6 one without brackets
 */
record HostPort(String host, int port) {

    /** @throws IllegalArgumentException unless it is host:port or [IPv6 address]:port */
    static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, colon);
            int port = Integer.parseInt(text.substring(colon + 1));
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            if (!host.isEmpty() && port > 0 && port < 65_536 && (bracketed || !host.contains(":"))) {
                return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
            }
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not host:port", e);
        }
        throw new IllegalArgumentException("'" + text + "' is not host:port");
    }
}
