package dev.crossdev.service.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.service.ServiceSettings;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SameOriginFilterTest {

    private final ServiceSettings settings = new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ServiceSettings.class)
            .withSources(new PropertiesConfigSource(Map.of("crossdev.console.hosts", "gpu.example"), "test", 1))
            .build()
            .getConfigMapping(ServiceSettings.class);
    private final SameOriginFilter filter = new SameOriginFilter(() -> settings);

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8081, http://127.0.0.1:8081, same-origin",
        "localhost:8081, http://localhost:8081, same-origin",
        "[::1]:8081,     http://[::1]:8081,     same-origin",
        "gpu.example,    http://gpu.example,    same-origin",
        "127.0.0.1:8081, http://127.0.0.1:8081,",
        "127.0.0.1:8081, ,                      ",
    })
    void theConsolesOwnPageAndProgramsMay(String host, @Nullable String origin, @Nullable String site) {
        assertThat(filter.whyNot(host, origin, site)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8081,    http://evil.example,      cross-site",
        "127.0.0.1:8081,    http://127.0.0.1:9999,    same-site",
        "127.0.0.1:8081,    http://evil.example,",
        "127.0.0.1:8081,    null,                     cross-site",
        "evil.example:8081, http://evil.example:8081, same-origin",
    })
    void anotherSitesPageMayNot(String host, @Nullable String origin, @Nullable String site) {
        assertThat(filter.whyNot(host, origin, site)).isPresent();
    }

    @Test
    void aNameThatIsNotKnownIsSaidToBeAddable() {
        assertThat(filter.whyNot("other.example", "http://other.example", "same-origin"))
                .hasValueSatisfying(why -> assertThat(why).contains("crossdev.console.hosts"));
    }
}
