package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.system.Scrape;
import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    private final Set<String> containers;
    private final List<Running> all = new ArrayList<>();

    /**
     * A container of a pod.
     *
     * @param address the pod's
     * @param grace from SIGTERM to the kill, seconds
     */
    record Running(String pod, String address, Container container, long grace, ContainerProcess process) {

        List<String> missing(Container told) {
            return Answers.missing(told, address, IntUnaryOperator.identity());
        }

        String log() {
            try {
                return pod + ", " + container.getName() + ":\n" + process.log();
            } catch (IOException e) {
                return e.toString();
            }
        }
    }

    /**
     * As the manifests say.
     *
     * @param path on which pictures get from one service to the other
     * @param containers that are there beside the two services and the guest
     */
    OverlayContainers(String overlay, String path, String... containers) {
        this.overlay = overlay;
        this.path = path;
        this.containers = Stream.concat(Stream.of("gpu-service", "video-service", "guest"), Stream.of(containers))
                .collect(Collectors.toSet());
    }

    @BeforeAll
    void start() throws IOException {
        Manifests manifests = Manifests.parse(Manifests.render(overlay, "load"));
        PodAddresses addresses = PodAddresses.of(manifests);
        for (Workload workload : manifests.workloads()) {
            for (String pod : workload.podNames()) {
                for (Container container : workload.pod().getSpec().getContainers()) {
                    all.add(new Running(
                            pod,
                            addresses.of(pod),
                            container,
                            workload.pod().getSpec().getTerminationGracePeriodSeconds(),
                            ContainerProcess.start(container, pod, addresses.of(pod), addresses.names(), Map.of())));
                }
            }
        }
    }

    @AfterAll
    void stop() throws IOException, InterruptedException {
        for (Running running : all) {
            running.process().close();
        }
    }

    /** One that the rest must do without from here on. */
    final void end(Running one) throws IOException, InterruptedException {
        assertThat(one.process().terminate(one.grace())).as(one::log).isTrue();
        one.process().close();
        all.remove(one);
    }

    /** All containers of that name, in the order of their pods. */
    final List<Running> every(String name) {
        return all.stream()
                .filter(each -> each.container().getName().equals(name))
                .toList();
    }

    private Running running(String name) {
        return every(name).getFirst();
    }

    private Container container(String name) {
        return running(name).container();
    }

    @Test
    @Order(1)
    void everyPortAndProbeOfTheManifestsIsAnswered() {
        assertThat(all.stream().map(each -> each.container().getName()).collect(Collectors.toSet()))
                .isEqualTo(containers);
        for (Running running : all) {
            await(running.pod())
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(running.missing(running.container()))
                            .as(running::log)
                            .isEmpty());
        }
    }

    @Test
    @Order(2)
    void theGuestOfTheLoadComponentWorks() {
        Running guest = running("guest");
        HostPort meters = new HostPort(
                guest.address(), guest.container().getPorts().getFirst().getContainerPort());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Scrape.of(meters).sum("crossdev_load_rounds_total", "outcome=\"ok\""))
                        .as(guest::log)
                        .isPositive());
        Scrape video = Scrape.of(new HostPort(running("video-service").address(), 9082));
        assertThat(video.sum("virtio_object_write_seconds_count", "path=\"" + path + "\""))
                .isPositive()
                .isEqualTo(video.sum("virtio_object_write_seconds_count"));
    }

    @Test
    @Order(4)
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

        Running gpu = running("gpu-service");
        Running video = running("video-service");
        assertThat(gpu.missing(wrongPath)).containsExactly("GET /q/health/readiness on port 9081 answers 404");
        assertThat(video.missing(wrongProbePort)).containsExactly("GET /q/health/live on port 9085 answers 0");
        assertThat(video.missing(wrongPort)).containsExactly("nobody listens on port 8085");
        assertThat(gpu.missing(noGrpcThere)).containsExactly("no gRPC health on port 9081");
    }

    /** With the load's streams open, so that there is something to drain. */
    @Test
    @Order(5)
    void sigtermEndsEachWithinItsGracePeriod() throws InterruptedException {
        List<String> order = List.of("video-service", "gpu-service", "guest", "etcd");
        for (Running running : all.stream()
                .sorted(Comparator.comparing(
                        each -> order.indexOf(each.container().getName())))
                .toList()) {
            assertThat(running.process().isAlive()).as(running::log).isTrue();
            assertThat(running.process().terminate(running.grace()))
                    .as(() -> running.grace() + " s after SIGTERM there still runs " + running.log())
                    .isTrue();
        }
    }
}
