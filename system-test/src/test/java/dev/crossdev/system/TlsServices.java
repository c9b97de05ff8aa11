package dev.crossdev.system;

import dev.crossdev.testing.tls.TestCa;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Both services with mutual TLS, started once, and the CA that they believe. */
final class TlsServices implements ParameterResolver {

    /** The two, running. */
    record Running(Path folder, TestCa ca, TestCa.Issued gpuFiles, PackagedService gpu, PackagedService video)
            implements AutoCloseable {

        @Override
        public void close() {
            video.close();
            gpu.close();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Map<String, String> settings(TestCa.Issued files) {
        return Map.of(
                "crossdev.tls.certificate", files.certificate().toString(),
                "crossdev.tls.key", files.key().toString(),
                "crossdev.tls.ca", files.ca().toString(),
                "crossdev.tls.reload-period", "1S");
    }

    private static Running start() {
        try {
            Path folder = Files.createTempDirectory("tls-");
            TestCa ca = TestCa.in(folder.resolve("ca"));
            TestCa.Issued gpuFiles = ca.issue("CN=gpu-service");
            PackagedService gpu = PackagedService.start("gpu-service", folder.resolve("gpu"), settings(gpuFiles));
            try {
                gpu.awaitReady();
                Map<String, String> videoSettings =
                        new HashMap<>(settings(ca.issue("CN=video-service,OU=crossdev-importer")));
                videoSettings.put("crossdev.video.gpu-service", gpu.address().toString());
                PackagedService video = PackagedService.start("video-service", folder.resolve("video"), videoSettings);
                return new Running(folder, ca, gpuFiles, gpu, video.awaitReady());
            } catch (RuntimeException | Error e) {
                gpu.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Running.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.create(TlsServices.class))
                .computeIfAbsent(Running.class, _ -> start(), Running.class);
    }
}
