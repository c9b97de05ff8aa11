package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.system.SpanCollector;
import dev.crossdev.testing.RequiresProgram;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** The {@code tracing} component's settings are the right ones: a collector where they point to gets spans. */
@RequiresProgram("kubectl")
class TracingComponentTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int OTLP_GRPC = 4317;

    /** One collector takes all three: what it shows is one trace over them. */
    @Test
    void theGuestSendsItsSpansToWhereTheServicesDo() {
        assertThat(setting("guest", "OTEL_EXPORTER_OTLP_ENDPOINT"))
                .isEqualTo(setting("gpu-service", "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT"))
                .isEqualTo(setting("video-service", "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT"))
                .endsWith(":" + OTLP_GRPC);
    }

    @Test
    void aCallToAServiceArrivesAtTheCollectorAsASpan() throws Exception {
        Container container = container("gpu-service");
        String address = Loopback.own();
        try (SpanCollector collector = new SpanCollector(address, OTLP_GRPC);
                ContainerProcess service = ContainerProcess.start(
                        container, "crossdev", address, Map.of("otel-collector.observability", address), Map.of())) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Answers.missing(container, address, IntUnaryOperator.identity()))
                            .as(service.log())
                            .isEmpty());
            ManagedChannel channel = Channels.plaintext(address, 8081);
            try {
                DeviceAdminGrpc.newBlockingStub(channel).listDevices(ListDevicesRequest.getDefaultInstance());
            } finally {
                channel.shutdownNow();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(collector.spans())
                            .as(service.log())
                            .anyMatch(span -> span.service().equals("gpu-service")
                                    && span.name().endsWith("/ListDevices")));
        }
    }

    private static String setting(String container, String name) {
        return container(container).getEnv().stream()
                .filter(each -> each.getName().equals(name))
                .map(EnvVar::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static Container container(String name) {
        return Manifests.parse(Manifests.render("local", "load", "tracing")).workloads().stream()
                .flatMap(workload -> workload.pod().getSpec().getContainers().stream())
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
