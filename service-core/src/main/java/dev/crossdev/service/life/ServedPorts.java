package dev.crossdev.service.life;

import dev.crossdev.service.trust.TransportSecurity;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The TCP ports on which this service listens, or will. Quarkus (3.37.4, VertxHttpRecorder) says through {@link HttpServer}
 * only which port the system chose; for a port that the configuration fixes it may say -1 for ever.
 */
@Singleton
public class ServedPorts {

    private final HttpServer server;
    private final TransportSecurity security;
    private final int port;
    private final int management;

    ServedPorts(
            HttpServer server,
            TransportSecurity security,
            @ConfigProperty(name = "quarkus.http.port") int port,
            @ConfigProperty(name = "quarkus.management.port") int management) {
        this.server = server;
        this.security = security;
        this.port = port;
        this.management = management;
    }

    /** Of gRPC and the console, with TLS or without; not positive while the system has not chosen one. */
    public int http() {
        int chosen = security.isOn() ? server.getSecurePort() : server.getPort();
        return chosen > 0 ? chosen : port;
    }

    /** Of health and metrics; not positive while the system has not chosen one. */
    public int management() {
        int chosen = server.getManagementPort();
        return chosen > 0 ? chosen : management;
    }
}
