package dev.crossdev.video.app;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.Map;

/** The service as it is, on free ports, with a run folder of its own, importing from a port where tests may listen. */
public class VideoServiceProfile implements QuarkusTestProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Map.of(
                    "quarkus.http.test-port",
                    "0",
                    "quarkus.management.test-port",
                    "0",
                    "crossdev.video.gpu-service",
                    "127.0.0.1:" + free.getLocalPort(),
                    "crossdev.run-folder",
                    Files.createTempDirectory("crossdev-test").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
