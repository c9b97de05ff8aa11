package dev.crossdev.gpu.app;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** The service as it is, on free ports and with a run folder of its own. */
public class GpuServiceProfile implements QuarkusTestProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
        try {
            return Map.of(
                    "quarkus.http.test-port", "0",
                    "quarkus.management.test-port", "0",
                    "crossdev.run-folder",
                            Files.createTempDirectory("crossdev-test").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
