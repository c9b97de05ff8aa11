package dev.crossdev.service.trust;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpConnection;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/**
 * The console, and whatever else comes over HTTP to the port of gRPC: it shows all guests and sets everything, so over TLS
 * it is for the role of admin.
 */
@Singleton
final class TrustedPages {

    /** The path of a gRPC method, which {@link TrustedCalls} looks at. No page has such a one. */
    private static final Pattern METHOD = Pattern.compile("/[a-zA-Z]\\w*(\\.[a-zA-Z]\\w*)+/[a-zA-Z]\\w*");

    private static final int FIRST = 1000;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final TransportSecurity security;

    TrustedPages(TransportSecurity security) {
        this.security = security;
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, FIRST);
    }

    private void check(RoutingContext routing) {
        HttpConnection connection = routing.request().connection();
        boolean method = METHOD.matcher(routing.request().path()).matches();
        if (method || (!connection.isSsl() && !security.isOn())) {
            routing.next();
            return;
        }
        try {
            Peer peer = Peer.of(connection.isSsl() ? connection.sslSession() : null);
            if (!peer.roles().contains(Role.ADMIN)) {
                throw new ErrnoException(Errno.EACCES, "the console is for the OU " + Role.ADMIN.unit());
            }
            routing.next();
        } catch (ErrnoException refusal) {
            routing.response()
                    .setStatusCode(refusal.errno() == Errno.ENOKEY ? UNAUTHORIZED : FORBIDDEN)
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end(refusal.getMessage() + "\n");
        }
    }
}
