package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.service.ServiceSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} knows each key with its default, and no other. */
class ConfigurationDocumentTest {

    private static final String NO_DEFAULT = "–";
    private static final Pattern ROW = Pattern.compile("^\\| `(crossdev\\.[a-z.*-]+)` \\| `?([^|`]+)`? \\|.*");

    @Test
    void everyKeyIsThereWithItsDefaultAndNoOther() throws IOException, ClassNotFoundException {
        Map<String, String> inCode = new TreeMap<>();
        for (Class<?> settings : new Class<?>[] {
            ServiceSettings.class,
            Class.forName("dev.crossdev.gpu.app.GpuConfig"),
            Class.forName("dev.crossdev.video.app.VideoSettings")
        }) {
            collect(settings.getAnnotation(ConfigMapping.class).prefix(), settings, inCode);
        }
        Map<String, String> inDocument = new TreeMap<>();
        try (Stream<String> lines = Files.lines(Checkout.HOME.resolve("docs/configuration.md"))) {
            lines.map(ROW::matcher)
                    .filter(Matcher::matches)
                    .forEach(row -> inDocument.put(row.group(1), row.group(2).strip()));
        }
        assertThat(inDocument).isEqualTo(inCode);
    }

    private static void collect(String prefix, Class<?> group, Map<String, String> keys) {
        for (Method method : group.getMethods()) {
            String key = prefix + "." + kebab(method.getName());
            WithDefault byDefault = method.getAnnotation(WithDefault.class);
            if (method.getReturnType().isInterface() && method.getReturnType().getEnclosingClass() == group) {
                collect(key, method.getReturnType(), keys);
            } else if (method.getGenericReturnType() instanceof ParameterizedType map
                    && map.getRawType() == Map.class) {
                collect(key + ".*", (Class<?>) map.getActualTypeArguments()[1], keys);
            } else {
                keys.put(key, byDefault == null ? NO_DEFAULT : byDefault.value());
            }
        }
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
