package dev.crossdev.gpu.app;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** The service as it is, on free ports, with a run folder of its own and room for a megabyte of remote writes. */
public class GpuServiceProfile implements QuarkusTestProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
        try {
            return Map.of(
                    "quarkus.http.test-port", "0",
                    "quarkus.management.test-port", "0",
                    "crossdev.gpu.objects.max-write-bytes", "1048576",
                    "crossdev.run-folder",
                            Files.createTempDirectory("crossdev-test").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
