package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.GetDisplayInfo;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc.GpuDeviceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerInterceptor;
import io.grpc.stub.MetadataUtils;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.HttpServer;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With tracing on, a histogram leads to a trace. */
@QuarkusTest
@TestProfile(ExemplarsTest.TracingOn.class)
class ExemplarsTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @Inject
    GrpcServer server;

    @Inject
    HttpServer http;

    @Any
    @Inject
    Instance<ServerInterceptor> interceptors;

    /** Spans are made and go nowhere. What a device is slow about is answered on a thread of its own. */
    public static final class TracingOn extends GpuServiceProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
            settings.put("quarkus.otel.sdk.disabled", "false");
            settings.put("quarkus.otel.traces.exporter", "none");
            settings.put("crossdev.timing.transit", "1ms");
            return settings;
        }
    }

    /** What a Prometheus sends whose configuration says {@code scrape_protocols: [OpenMetricsText1.0.0]}: of 2.49 and of 3. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.4",
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.5"
            })
    void aScrapeForOpenMetricsHasTheTraceOfACallAndOfItsCommand(String accept) throws Exception {
        call();
        String scraped = scrape(accept);
        assertThat(scraped).endsWith("# EOF\n");
        assertThat(scraped.lines())
                .anyMatch(line -> line.startsWith("grpc_server_processing_duration_seconds_bucket")
                        && line.contains("method=\"Describe\"")
                        && line.contains("trace_id=\"" + TRACE + "\""))
                .anyMatch(line -> line.startsWith("virtio_command_seconds_bucket")
                        && line.contains("command=\"GET_DISPLAY_INFO\"")
                        && line.contains("trace_id=\"" + TRACE + "\""));
    }

    @Test
    void aScrapeForTextHasNone() throws Exception {
        call();
        assertThat(scrape(
                        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"))
                .contains("virtio_command_seconds_bucket")
                .doesNotContain("trace_id");
    }

    /** They are wired when the service is built, and would take their share of every call with tracing off as well. */
    @Test
    void theExtensionsOwnInterceptorsAreNotThere() {
        assertThat(interceptors.stream().map(each -> each.getClass().getName()))
                .anyMatch(name -> name.startsWith("dev.crossdev.service.call.CallSpans"))
                .noneMatch(name -> name.startsWith("io.quarkus.opentelemetry"));
    }

    /** As a client that traces. */
    private void call() {
        Metadata headers = new Metadata();
        headers.put(
                Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
                "00-" + TRACE + "-00f067aa0ba902b7-01");
        ManagedChannel channel = Channels.plaintext("localhost", server.getPort());
        try {
            GpuDeviceBlockingStub gpu = GpuDeviceGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
            assertThat(gpu.describe(DescribeRequest.getDefaultInstance()).hasService())
                    .isTrue();
            assertThat(gpu.execute(ExecuteRequest.newBuilder()
                                    .setDevice("vm0")
                                    .setCommand(GpuCommand.newBuilder()
                                            .setGetDisplayInfo(GetDisplayInfo.getDefaultInstance()))
                                    .build())
                            .hasCompletion())
                    .isTrue();
        } finally {
            channel.shutdownNow();
        }
    }

    private String scrape(String accept) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.getManagementPort() + "/q/metrics"))
                            .header("Accept", accept)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            return response.body();
        }
    }
}
