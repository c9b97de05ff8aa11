package dev.crossdev.service.console;

import dev.crossdev.service.ServiceSettings;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what a page of another origin makes a browser send. The browser says itself where a request comes from
 * (Sec-Fetch-Site, Fetch Metadata; Origin, RFC 6454); a client that says neither is no browser. A name that was pointed at
 * this address for the purpose (DNS rebinding) makes both look right: so the host must be an address, this machine's, or one
 * that is known.
 */
@Provider
@SameOrigin
public class SameOriginFilter implements ContainerRequestFilter {

    private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-fA-F:.]+]");

    private final jakarta.inject.Provider<ServiceSettings> settings;

    /** @param settings asked late: filters are made when the service is built, before there are any */
    SameOriginFilter(jakarta.inject.Provider<ServiceSettings> settings) {
        this.settings = settings;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        whyNot(
                        request.getHeaderString("Host"),
                        request.getHeaderString("Origin"),
                        request.getHeaderString("Sec-Fetch-Site"))
                .ifPresent(reason -> request.abortWith(Response.status(Response.Status.FORBIDDEN)
                        .type(MediaType.APPLICATION_JSON_TYPE)
                        .entity(new KnobsResource.Refusal(reason))
                        .build()));
    }

    /** Why a request with such headers is refused; empty when it is not. */
    Optional<String> whyNot(@Nullable String host, @Nullable String origin, @Nullable String site) {
        if (site != null && !site.equals("same-origin")) {
            return Optional.of("this comes from another site's page");
        }
        if (origin == null && site == null) {
            return Optional.empty();
        }
        if (host == null || (origin != null && !host.equalsIgnoreCase(authority(origin)))) {
            return Optional.of("this comes from a page of " + origin);
        }
        String name = host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
        boolean known = ADDRESS.matcher(name).matches()
                || name.equals("localhost")
                || name.endsWith(".localhost")
                || settings.get().console().hosts().orElse(List.of()).contains(name);
        return known
                ? Optional.empty()
                : Optional.of("this service is not known as " + name + ": add it to crossdev.console.hosts");
    }

    private static @Nullable String authority(String origin) {
        try {
            return URI.create(origin).getAuthority();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
