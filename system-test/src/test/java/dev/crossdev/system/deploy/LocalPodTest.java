package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.system.Checkout;
import dev.crossdev.system.Checkout.Ended;
import dev.crossdev.system.Scrape;
import dev.crossdev.testing.RequiresProgram;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** The pod of the {@code local} overlay in real containers, from images that were built without a registry. */
@RequiresProgram("kubectl")
@RequiresProgram("podman")
@TestMethodOrder(OrderAnnotation.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalPodTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String HOST = "127.0.0.1";
    private static final String IMPORTS = "virtio_object_import_seconds_count";

    private final Podman podman;
    private final Path manifest;
    private final String name = "crossdev-" + UUID.randomUUID().toString().substring(0, 8);
    private final Map<Integer, Integer> published = new HashMap<>();
    private List<Container> containers = List.of();

    LocalPodTest() throws IOException {
        podman = Podman.ofThisMachine();
        manifest = Path.of("target", name + ".yaml").toAbsolutePath();
    }

    @BeforeAll
    void play() throws IOException, InterruptedException {
        podman.buildImages();
        Deployment deployment = Manifests.parse(Manifests.render("local")).of(Deployment.class).stream()
                .findFirst()
                .orElseThrow();
        containers = deployment.getSpec().getTemplate().getSpec().getContainers();
        Files.writeString(manifest, Manifests.yaml(forPodman(deployment)));
        podman.run("kube", "play", manifest.toString());
    }

    /**
     * A name and host ports that nobody else has. Probes go: podman 4.3 makes each a command inside of the image, which has
     * no shell; the test asks in its place.
     */
    private Deployment forPodman(Deployment deployment) {
        Deployment copy = new DeploymentBuilder(deployment)
                .editMetadata()
                .withName(name)
                .withNamespace(null)
                .endMetadata()
                .build();
        for (Container container : copy.getSpec().getTemplate().getSpec().getContainers()) {
            container.setStartupProbe(null);
            container.setReadinessProbe(null);
            container.setLivenessProbe(null);
            for (ContainerPort port : container.getPorts()) {
                port.setHostIP(HOST);
                port.setHostPort(published.computeIfAbsent(port.getContainerPort(), _ -> freePort()));
            }
        }
        return copy;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    void down() throws IOException, InterruptedException {
        if (Files.exists(manifest)) {
            podman.run("kube", "play", "--down", manifest.toString());
        }
    }

    private int published(int port) {
        return Objects.requireNonNull(published.get(port), "the manifest has no such port");
    }

    private HostPort address(int port) {
        return new HostPort(HOST, published(port));
    }

    @Test
    @Order(1)
    void theMainJobRunsAgainstThePodAndFramesCrossItByMemory() {
        awaitAnswers();
        HostPort management = address(9082);
        Scrape before = Scrape.of(management);

        Ended ended = Checkout.crossdev(
                        "play",
                        Checkout.CLIP.toString(),
                        "--gpu",
                        address(8081).toString(),
                        "--video",
                        address(8082).toString(),
                        "--out",
                        "target/" + name)
                .await(PATIENCE);

        assertThat(ended.exitCode())
                .as(() -> ended.output() + log("gpu-service") + log("video-service"))
                .isZero();
        Scrape after = Scrape.of(management);
        double byMemory = after.sum(IMPORTS, "outcome=\"ok\"", "path=\"shm\"")
                - before.sum(IMPORTS, "outcome=\"ok\"", "path=\"shm\"");
        double all = after.sum(IMPORTS) - before.sum(IMPORTS);
        assertThat(byMemory).isPositive().isEqualTo(all);
    }

    /** As a kubelet would see it: the container dies, its pod and the other container stay, and it is started again. */
    @Test
    @Order(2)
    void aKilledGpuServiceComesBackAndVideoServiceImportsFromItAgain() throws IOException, InterruptedException {
        awaitAnswers();
        String container = name + "-pod-0-gpu-service";
        podman.run("kill", "--signal", "KILL", container);
        podman.run("wait", container);
        podman.run("start", container);
        awaitAnswers();

        theMainJobRunsAgainstThePodAndFramesCrossItByMemory();
        assertThat(log("gpu-service")).containsPattern("took away /run/crossdev/run-gpu-service-\\S+");
    }

    private void awaitAnswers() {
        for (Container container : containers) {
            await(container.getName())
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Answers.missing(container, HOST, this::published))
                            .as(() -> log(container.getName()))
                            .isEmpty());
        }
    }

    private String log(String container) {
        try {
            return podman.run("logs", name + "-pod-0-" + container);
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e.toString();
        }
    }
}
