package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.testing.RequiresProgram;
import io.fabric8.kubernetes.api.model.Container;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** The {@code tracing} component's settings are the right ones: a collector where they point to gets spans. */
@RequiresProgram("kubectl")
class TracingComponentTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int OTLP_GRPC = 4317;

    @Test
    void aCallToAServiceArrivesAtTheCollectorAsASpan() throws Exception {
        Container container = Manifests.parse(Manifests.render("local", "tracing")).workloads().stream()
                .flatMap(workload -> workload.pod().getSpec().getContainers().stream())
                .filter(each -> each.getName().equals("gpu-service"))
                .findFirst()
                .orElseThrow();
        String address = Loopback.own();
        try (SpanCollector collector = new SpanCollector(address, OTLP_GRPC);
                ContainerProcess service =
                        ContainerProcess.start(container, address, List.of("otel-collector.observability"))) {
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
                    .untilAsserted(() -> assertThat(collector.exports())
                            .as(service.log())
                            .anySatisfy(export -> assertThat(export).contains("gpu-service", "ListDevices")));
        }
    }
}
