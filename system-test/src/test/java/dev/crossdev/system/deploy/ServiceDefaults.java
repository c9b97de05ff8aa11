package dev.crossdev.system.deploy;

import dev.crossdev.service.ServiceSettings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.time.Duration;
import java.util.Collections;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/** What a service does when its container says nothing. */
final class ServiceDefaults {

    private ServiceDefaults() {}

    /** From SIGTERM to the end, at most: the drain, then what Quarkus waits for. */
    static Duration longestGoodbye(Container container) {
        return duration(container, "crossdev.drain-grace")
                .plus(duration(container, "quarkus.shutdown.delay"))
                .plus(duration(container, "quarkus.shutdown.timeout"));
    }

    static Optional<String> environment(Container container, String property) {
        String name = property.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
        return container.getEnv().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .map(EnvVar::getValue);
    }

    private static Duration duration(Container container, String property) {
        String text = environment(container, property).orElseGet(() -> byDefault(property));
        return Duration.parse("PT" + text);
    }

    private static String byDefault(String property) {
        try {
            if (property.equals("crossdev.drain-grace")) {
                return ServiceSettings.class
                        .getMethod("drainGrace")
                        .getAnnotation(WithDefault.class)
                        .value();
            }
            for (URL file : Collections.list(
                    ServiceDefaults.class.getClassLoader().getResources("META-INF/microprofile-config.properties"))) {
                Properties properties = new Properties();
                try (InputStream in = file.openStream()) {
                    properties.load(in);
                }
                if (properties.containsKey(property)) {
                    return properties.getProperty(property);
                }
            }
            return "0S";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }
}
