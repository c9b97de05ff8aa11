package dev.crossdev.service.trust;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * What {@code crossdev.tls.*} means to Quarkus: its TLS registry gets the files, the port speaks TLS instead of plain text
 * and none beside it. Whoever sets one of Quarkus's keys overrides it.
 */
public final class TlsConfigSources implements ConfigSourceFactory {

    /** Above microprofile-config.properties (100), below application.properties (250). */
    private static final int ORDINAL = 150;

    /** A bucket of its own: the default one would be the management interface's too, whose probes know no certificates. */
    private static final String NAME = "crossdev";

    private static final String REGISTRY = "quarkus.tls." + NAME + ".";

    private static final String DEFAULT_RELOAD = "1M";

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        Optional<String> certificate = value(context, "crossdev.tls.certificate");
        Optional<String> key = value(context, "crossdev.tls.key");
        Optional<String> ca = value(context, "crossdev.tls.ca");
        if (certificate.isEmpty() || key.isEmpty() || ca.isEmpty()) {
            return List.of();
        }
        Map<String, String> settings = new HashMap<>();
        settings.put(REGISTRY + "key-store.pem.0.cert", certificate.get());
        settings.put(REGISTRY + "key-store.pem.0.key", key.get());
        settings.put(REGISTRY + "trust-store.pem.certs", ca.get());
        settings.put(
                REGISTRY + "reload-period",
                value(context, "crossdev.tls.reload-period").orElse(DEFAULT_RELOAD));
        settings.put("quarkus.http.tls-configuration-name", NAME);
        settings.put("quarkus.http.insecure-requests", "disabled");
        value(context, "quarkus.http.port").ifPresent(port -> settings.put("quarkus.http.ssl-port", port));
        return List.of(new PropertiesConfigSource(settings, "crossdev.tls", ORDINAL));
    }

    private static Optional<String> value(ConfigSourceContext context, String name) {
        return Optional.ofNullable(context.getValue(name))
                .map(ConfigValue::getValue)
                .filter(value -> !value.isEmpty());
    }
}
