package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.launch.HostAndPort;
import dev.crossdev.system.Scrape;
import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Service;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The containers of an overlay and the {@code load} component as processes, with the manifests' own arguments,
 * environments and ports: what the manifests say of them is true.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
abstract class OverlayContainers {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final String overlay;
    private final String path;
    private final String address = Loopback.own();
    private final Map<String, Running> all = new HashMap<>();

    /** @param grace from SIGTERM to the kill, seconds */
    private record Running(Container container, long grace, ContainerProcess process) {}

    /** @param path on which pictures get from one service to the other */
    OverlayContainers(String overlay, String path) {
        this.overlay = overlay;
        this.path = path;
    }

    @BeforeAll
    void start() throws IOException {
        Manifests manifests = Manifests.parse(Manifests.render(overlay, "load"));
        List<String> services = manifests.of(Service.class).stream()
                .map(service -> service.getMetadata().getName())
                .toList();
        for (Workload workload : manifests.workloads()) {
            for (Container container : workload.pod().getSpec().getContainers()) {
                all.put(
                        container.getName(),
                        new Running(
                                container,
                                workload.pod().getSpec().getTerminationGracePeriodSeconds(),
                                ContainerProcess.start(container, address, services)));
            }
        }
    }

    @AfterAll
    void stop() throws IOException, InterruptedException {
        for (Running running : all.values()) {
            running.process().close();
        }
    }

    private List<String> missing(Container container) {
        return Answers.missing(container, address, IntUnaryOperator.identity());
    }

    private Running running(String name) {
        return Objects.requireNonNull(all.get(name));
    }

    private Container container(String name) {
        return running(name).container();
    }

    @Test
    @Order(1)
    void everyPortAndProbeOfTheManifestsIsAnswered() {
        assertThat(all).containsOnlyKeys("gpu-service", "video-service", "guest");
        for (Running running : all.values()) {
            Container container = running.container();
            await(container.getName())
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(missing(container))
                            .as(() -> log(container.getName()))
                            .isEmpty());
        }
    }

    @Test
    @Order(2)
    void theGuestOfTheLoadComponentWorks() {
        HostAndPort meters = new HostAndPort(
                address, container("guest").getPorts().getFirst().getContainerPort());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Scrape.of(meters).sum("crossdev_load_rounds_total", "outcome=\"ok\""))
                        .as(() -> log("guest"))
                        .isPositive());
        Scrape video = Scrape.of(new HostAndPort(address, 9082));
        assertThat(video.sum("virtio_object_write_seconds_count", "path=\"" + path + "\""))
                .isPositive()
                .isEqualTo(video.sum("virtio_object_write_seconds_count"));
    }

    @Test
    @Order(3)
    void whatTheServiceDoesNotAnswerIsFound() {
        Container wrongPath = new ContainerBuilder(container("gpu-service"))
                .editReadinessProbe()
                .editHttpGet()
                .withPath("/q/health/readiness")
                .endHttpGet()
                .endReadinessProbe()
                .build();
        Container wrongProbePort = new ContainerBuilder(container("video-service"))
                .editLivenessProbe()
                .editHttpGet()
                .withNewPort(9085)
                .endHttpGet()
                .endLivenessProbe()
                .build();
        Container wrongPort = new ContainerBuilder(container("video-service"))
                .editFirstPort()
                .withContainerPort(8085)
                .endPort()
                .build();
        Container noGrpcThere = new ContainerBuilder(container("gpu-service"))
                .editFirstPort()
                .withContainerPort(9081)
                .endPort()
                .build();

        assertThat(missing(wrongPath)).containsExactly("GET /q/health/readiness on port 9081 answers 404");
        assertThat(missing(wrongProbePort)).containsExactly("GET /q/health/live on port 9085 answers 0");
        assertThat(missing(wrongPort)).containsExactly("nobody listens on port 8085");
        assertThat(missing(noGrpcThere)).containsExactly("no gRPC health on port 9081");
    }

    /** With the load's streams open, so that there is something to drain. */
    @Test
    @Order(4)
    void sigtermEndsEachWithinItsGracePeriod() throws InterruptedException {
        for (String name : List.of("video-service", "gpu-service", "guest")) {
            Running running = running(name);
            assertThat(running.process().isAlive()).as(() -> log(name)).isTrue();
            assertThat(running.process().terminate(running.grace()))
                    .as(() -> name + " still runs " + running.grace() + " s after SIGTERM:\n" + log(name))
                    .isTrue();
        }
    }

    private String log(String name) {
        try {
            return running(name).process().log();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
