package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.testing.tls.TestCa;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service is not open to others by mistake. */
class PlainTextTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private String refusal(Map<String, String> settings) throws InterruptedException {
        try (PackagedService service = PackagedService.start("gpu-service", folder, settings)) {
            assertThat(service.awaitEnd()).isNotZero();
            return service.log();
        }
    }

    @Test
    void plainTextForOthersIsRefusedInOneLineThatSaysWhatToDo() throws Exception {
        String log = refusal(Map.of("quarkus.http.host", "0.0.0.0"));
        assertThat(log.lines().filter(line -> line.contains("0.0.0.0")))
                .singleElement()
                .asString()
                .contains("crossdev.tls.certificate", "crossdev.allow-plain-text=true");
        assertThat(log).doesNotContain("\tat ").doesNotContain("is ready");
    }

    @Test
    void plainTextForOthersIsServedWhenItWasAskedFor() {
        try (PackagedService service = PackagedService.start(
                "gpu-service", folder, Map.of("quarkus.http.host", "0.0.0.0", "crossdev.allow-plain-text", "true"))) {
            service.awaitReady();
        }
    }

    private static Map<String, String> etcd(String... more) {
        Map<String, String> settings = new HashMap<>();
        settings.put("crossdev.directory.kind", "etcd");
        settings.put("crossdev.directory.endpoints", "127.0.0.1:2379,etcd.example:2379");
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return settings;
    }

    @Test
    void anEtcdElsewhereIsNotSpokenToInPlainTextUnlessThatWasAskedFor() throws Exception {
        String log = refusal(etcd());
        assertThat(log.lines().filter(line -> line.contains("etcd.example:2379")))
                .singleElement()
                .asString()
                .contains("crossdev.directory.tls.certificate", "crossdev.directory.plain-text=true");
        assertThat(log).doesNotContain("\tat ").doesNotContain("is ready");

        try (PackagedService service = PackagedService.start(
                "gpu-service", folder.resolve("asked"), etcd("crossdev.directory.plain-text", "true"))) {
            // Nobody is there; that it asks is enough.
            await().atMost(PATIENCE).until(() -> service.log().contains("the directory does not answer"));
        }
    }

    @Test
    void whatContradictsItselfAboutEtcdIsSaidInOneLine() throws Exception {
        TestCa.Issued files = TestCa.in(folder.resolve("ca")).issue("CN=gpu-service");
        assertThat(refusal(etcd("crossdev.directory.tls.ca", files.ca().toString())))
                .contains("TLS with etcd takes three files")
                .doesNotContain("\tat ");
        assertThat(refusal(etcd(
                        "crossdev.directory.tls.ca", files.ca().toString(),
                        "crossdev.directory.tls.certificate",
                                files.certificate().toString(),
                        "crossdev.directory.tls.key", files.key().toString(),
                        "crossdev.directory.plain-text", "true")))
                .contains("contradict each other")
                .doesNotContain("\tat ");
    }

    @Test
    void aFileTooFewOrOneThatIsNotThereIsSaidInOneLine() throws Exception {
        TestCa.Issued files = TestCa.in(folder.resolve("ca")).issue("CN=gpu-service");
        assertThat(refusal(
                        Map.of("crossdev.tls.certificate", files.certificate().toString())))
                .contains("TLS takes three files")
                .doesNotContain("\tat ");

        Map<String, String> missing = new HashMap<>(TlsServices.settings(files));
        missing.put("crossdev.tls.certificate", folder.resolve("missing").toString());
        assertThat(refusal(missing))
                .contains(folder.resolve("missing").toString())
                .doesNotContain("is ready");
    }
}
