package dev.crossdev.guest.driver;

/**
 * Where a service is.
 *
 * @param name as people call it, such as {@code gpu-service}
 * @param host name or address
 * @param port of its gRPC server
 */
public record ServiceAddress(String name, String host, int port) {

    @Override
    public String toString() {
        return name + " (" + host + ":" + port + ")";
    }
}
