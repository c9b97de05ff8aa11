package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.system.Checkout.Ended;
import dev.crossdev.testing.tls.TestCa;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The command line against services with mutual TLS. */
@ExtendWith(TlsServices.class)
class TlsCommandsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String IMPORTS = "virtio_object_import_seconds_count";

    private final TlsServices.Running services;

    TlsCommandsTest(TlsServices.Running services) {
        this.services = services;
    }

    private Ended as(String subject, String... command) {
        TestCa.Issued files = services.ca().issue(subject);
        return with(
                List.of(
                        "--tls-ca", files.ca().toString(),
                        "--tls-cert", files.certificate().toString(),
                        "--tls-key", files.key().toString()),
                command);
    }

    private Ended with(List<String> tls, String... command) {
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(List.of(
                "--gpu", services.gpu().address().toString(),
                "--video", services.video().address().toString()));
        words.addAll(tls);
        return Checkout.crossdev(words.toArray(String[]::new)).await(PATIENCE);
    }

    @Test
    void theMainJobRunsAsTheGuestThatItsCertificateNames() {
        HostPort management = services.video().management();
        double before = Scrape.of(management).sum(IMPORTS, "outcome=\"ok\"", "path=\"shm\"");

        Ended ended = as("CN=player", "play", Checkout.CLIP.toString(), "--out", "target/tls-play");

        assertThat(ended.exitCode())
                .as(() ->
                        ended.output() + services.gpu().log() + services.video().log())
                .isZero();
        assertThat(Scrape.of(management).sum(IMPORTS, "outcome=\"ok\"", "path=\"shm\""))
                .isGreaterThan(before);
    }

    @Test
    void anOperatorIsLetInAndAGuestMayNotSetWhatIsOthers() {
        assertThat(as("CN=root,OU=crossdev-admin", "ls").exitCode()).isZero();
        assertThat(as("CN=root,OU=crossdev-admin", "timing", "--off").exitCode())
                .isZero();

        Ended refused = as("CN=alice", "timing", "--transit", "1ms");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).contains("crossdev: the roles of alice do not permit");
    }

    @Test
    void whatIsMissingIsSaidInOneLine() {
        Ended plain = with(List.of(), "ls");
        assertThat(plain.exitCode()).isEqualTo(3);
        assertThat(plain.output().lines()).singleElement().asString().contains("--tls-ca");

        Ended partly = with(List.of("--tls-ca", services.ca().caFile().toString()), "ls");
        assertThat(partly.exitCode()).isEqualTo(2);
        assertThat(partly.output()).contains("TLS takes three files");

        Ended nothing = with(List.of("--tls-ca", "missing", "--tls-cert", "missing", "--tls-key", "missing"), "ls");
        assertThat(nothing.exitCode()).isEqualTo(1);
        assertThat(nothing.output().lines()).singleElement().asString().contains("there is no file missing");
    }
}
