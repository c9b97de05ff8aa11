package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.service.directory.etcd.EtcdDirectory;
import dev.crossdev.service.directory.etcd.EtcdSettings;
import dev.crossdev.system.deploy.Manifests.Workload;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.testing.tls.TestCa;
import io.fabric8.kubernetes.api.model.Container;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
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
                        ContainerProcess.start(container, "crossdev", address, Map.of(), Map.of("gpu-tls", secret));
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

    /** With the names in the certificates being addresses, as all names are here. */
    @Test
    @RequiresProgram(value = "etcd", debianPackage = "etcd-server")
    void etcdServesTheServicesAndNoGuest() throws Exception {
        Manifests manifests = Manifests.parse(Manifests.render("scale-out", "tls"));
        PodAddresses addresses = PodAddresses.of(manifests);
        TestCa ca = TestCa.in(folder.resolve("ca"));
        Workload etcd = workload(manifests, "etcd");
        Workload gpu = workload(manifests, "gpu-service");
        List<ContainerProcess> processes = new ArrayList<>();
        try {
            for (String pod : etcd.podNames()) {
                processes.add(ContainerProcess.start(
                        etcd.container("etcd").orElseThrow(),
                        pod,
                        addresses.of(pod),
                        addresses.names(),
                        Map.of("etcd-tls", secret(ca, "CN=etcd", pod, List.of(addresses.of(pod))))));
            }
            String pod = gpu.podNames().getFirst();
            Container container = gpu.container("gpu-service").orElseThrow();
            Path secret = secret(ca, "CN=gpu-service", pod, List.of(addresses.of(pod), "crossdev-directory"));
            ContainerProcess service = ContainerProcess.start(
                    container, pod, addresses.of(pod), addresses.names(), Map.of("gpu-tls", secret));
            processes.add(service);
            // It is ready when it has its place in the directory.
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(Answers.missing(container, addresses.of(pod), IntUnaryOperator.identity()))
                                    .as(service.log())
                                    .noneMatch(missing -> missing.startsWith("GET")));

            String member = addresses.of(etcd.podNames().getLast());
            assertThat(lookUp(member, files(secret))).isEqualTo(Errno.ENOENT);
            TestCa.Issued guest = ca.issue("CN=alice");
            assertThat(lookUp(member, new TlsFiles(guest.ca(), guest.certificate(), guest.key())))
                    .isEqualTo(Errno.ENODEV);
        } finally {
            for (ContainerProcess process : processes) {
                process.close();
            }
        }
    }

    private static Workload workload(Manifests manifests, String name) {
        return manifests.workloads().stream()
                .filter(each -> each.resource().getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Path secret(TestCa ca, String subject, String pod, List<String> names) throws IOException {
        Path secret = Files.createDirectory(folder.resolve(pod));
        ca.issue(subject, new TestCa.Issued(ca.caFile(), secret.resolve("tls.crt"), secret.resolve("tls.key")), names);
        Files.copy(ca.caFile(), secret.resolve("ca.crt"));
        return secret;
    }

    private static TlsFiles files(Path secret) {
        return new TlsFiles(secret.resolve("ca.crt"), secret.resolve("tls.crt"), secret.resolve("tls.key"));
    }

    /** What a member says of a UUID that nobody has. */
    private static Errno lookUp(String member, TlsFiles files) {
        EtcdSettings settings = new EtcdSettings(
                List.of(new HostPort(member, 2379)), "/crossdev", Duration.ofSeconds(5), Duration.ofSeconds(10));
        try (ClientTls tls = ClientTls.of(files, Duration.ofDays(1));
                EtcdDirectory directory = new EtcdDirectory(Channels.with(tls), settings)) {
            directory.find("alice", UUID.randomUUID()).toCompletableFuture().join();
            throw new AssertionError("there is no such UUID");
        } catch (CompletionException e) {
            return Statuses.toErrno(e).errno();
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
            name: ETCD_CERT_FILE             | name: ETCD_CERT_FILES            | StatefulSet etcd speaks no TLS and the services do
            name: ETCD_PEER_KEY_FILE         | name: ETCD_PEER_KEY_FILES        | has some files of TLS and not all
            `name: etcd-tls\\n          readOnly: true` | `name: etcd-tls\\n          readOnly: true\\n          subPath: tls.crt` | in no Secret that is mounted as a folder
            value: https://0.0.0.0:2380      | value: http://0.0.0.0:2380       | has in ETCD_LISTEN_PEER_URLS what is not https:
            `ETCD_PEER_CLIENT_CERT_AUTH\\n          value: "true"` | `ETCD_PEER_CLIENT_CERT_AUTH\\n          value: "false"` | StatefulSet etcd asks nobody for a certificate: etcd.peer.client.cert.auth
            name: ETCD_CLIENT_CERT_ALLOWED_HOSTNAME | name: ETCD_CLIENT_CERT_ALLOWED | StatefulSet etcd lets every guest's certificate in
            `port: 2379\\n    targetPort: etcd-grpc` | `port: 2379\\n    targetPort: etcd-rpc` | Service etcd points at port etcd-rpc
            """)
    void aBrokenEtcdIsRefused(String before, String after, String expected) {
        assertRefused(Manifests.render("scale-out", "tls"), before, after, expected);
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
        assertRefused(Manifests.render("local", "load", "tls"), before, after, expected);
    }

    private static void assertRefused(String rendered, String before, String after, String expected) {
        String place = before.replace("\\n", "\n");
        assertThat(rendered).contains(place);
        String broken = rendered.replaceFirst(
                java.util.regex.Pattern.quote(place),
                java.util.regex.Matcher.quoteReplacement(after.replace("\\n", "\n")));
        assertThat(ManifestPolicy.violations(Manifests.parse(broken)))
                .anySatisfy(violation -> assertThat(violation).contains(expected));
    }
}
