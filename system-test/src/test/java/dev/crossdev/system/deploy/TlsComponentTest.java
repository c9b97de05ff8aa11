package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.testing.tls.TestCa;
import io.fabric8.kubernetes.api.model.Container;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The {@code tls} component's settings are the right ones, and the policy knows when they are not. */
@RequiresProgram("kubectl")
class TlsComponentTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir
    Path folder;

    @Test
    void aServiceWithItSpeaksTlsWithTheFilesOfItsSecret() throws Exception {
        Container container = Manifests.parse(Manifests.render("local", "tls")).workloads().stream()
                .flatMap(workload -> workload.pod().getSpec().getContainers().stream())
                .filter(each -> each.getName().equals("gpu-service"))
                .findFirst()
                .orElseThrow();
        String address = Loopback.own();
        TestCa ca = TestCa.in(folder.resolve("ca"), address);
        Path secret = Files.createDirectory(folder.resolve("secret"));
        ca.issue(
                "CN=gpu-service", new TestCa.Issued(ca.caFile(), secret.resolve("tls.crt"), secret.resolve("tls.key")));
        Files.copy(ca.caFile(), secret.resolve("ca.crt"));
        TestCa.Issued admin = ca.issue("CN=root,OU=crossdev-admin");
        try (ContainerProcess service =
                        ContainerProcess.start(container, address, List.of(), Map.of("gpu-tls", secret));
                ClientTls tls =
                        ClientTls.of(new TlsFiles(ca.caFile(), admin.certificate(), admin.key()), Duration.ofDays(1))) {
            ManagedChannel channel = Channels.with(tls).to(address, 8081);
            try {
                await().atMost(PATIENCE)
                        .untilAsserted(() ->
                                assertThat(devices(channel)).as(service.log()).isZero());
            } finally {
                channel.shutdownNow();
            }
        }
    }

    /** How many there are, or -1 while nobody answers. */
    private static int devices(ManagedChannel channel) {
        try {
            return DeviceAdminGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .listDevices(ListDevicesRequest.getDefaultInstance())
                    .getDevicesCount();
        } catch (StatusRuntimeException e) {
            return -1;
        }
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            appProtocol: https               | appProtocol: kubernetes.io/h2c   | carries gRPC and does not say https
            name: CROSSDEV_TLS_CA            | name: CROSSDEV_TLS_CAS           | has some files of TLS and not all
            value: /etc/crossdev/gpu-tls/tls.key | value: /etc/crossdev/tls.key | in no Secret that is mounted as a folder
            mountPath: /etc/crossdev/load-tls | mountPath: /etc/crossdev/tls    | in no Secret that is mounted as a folder
            `CROSSDEV_ALLOW_PLAIN_TEXT\\n          value: "false"` | `CROSSDEV_ALLOW_PLAIN_TEXT\\n          value: "true"` | speaks TLS and allows plain text
            """)
    void aBrokenOneIsRefused(String before, String after, String expected) {
        String rendered = Manifests.render("local", "load", "tls");
        String place = before.replace("\\n", "\n");
        assertThat(rendered).contains(place);
        String broken = rendered.replaceFirst(
                java.util.regex.Pattern.quote(place),
                java.util.regex.Matcher.quoteReplacement(after.replace("\\n", "\n")));
        assertThat(ManifestPolicy.violations(Manifests.parse(broken)))
                .anySatisfy(violation -> assertThat(violation).contains(expected));
    }
}
