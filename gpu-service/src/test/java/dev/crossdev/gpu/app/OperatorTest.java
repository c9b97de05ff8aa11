package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.ClearFaultsRequest;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DropConnection;
import dev.crossdev.proto.admin.v1.Fault;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.proto.admin.v1.Latency;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListBuffersResponse;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.admin.v1.ListDevicesResponse;
import dev.crossdev.proto.admin.v1.SetTimingRequest;
import dev.crossdev.proto.admin.v1.Timing;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class OperatorTest {

    private static final int FORMAT = PixelFormat.B8G8R8A8_UNORM.number();

    @Inject
    GrpcServer server;

    @Inject
    HttpServer http;

    private Client client;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void devicesAreListedInPagesThatMissNothing() {
        String guest = Client.unique();
        try (var third = client.open(OpenStream.of(guest, "c"));
                var first = client.open(OpenStream.of(guest, "a"));
                var second = client.open(OpenStream.of(guest, "b"))) {
            List<String> names = new ArrayList<>();
            String token = "";
            do {
                ListDevicesResponse page = client.admin()
                        .listDevices(ListDevicesRequest.newBuilder()
                                .setGuest(guest)
                                .setPageSize(2)
                                .setPageToken(token)
                                .build());
                page.getDevicesList().forEach(device -> names.add(device.getDevice()));
                token = page.getNextPageToken();
                // What goes in between hides nothing else.
                Client.close(first);
            } while (!token.isEmpty());
            assertThat(names).containsExactly("a", "b", "c");
            assertThat(third.opened()).isNotNull();
            assertThat(second.opened()).isNotNull();
        }
    }

    @Test
    void aPageOfNegativeSizeIsInvalidAndAnUnknownTokenIsNotFound() {
        assertThatThrownBy(() -> client.admin()
                        .listDevices(
                                ListDevicesRequest.newBuilder().setPageSize(-1).build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
        for (String token : List.of("nonsense!", "bm9uc2Vuc2U")) {
            assertThatThrownBy(() -> client.admin()
                            .listBuffers(ListBuffersRequest.newBuilder()
                                    .setPageToken(token)
                                    .build()))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
        }
    }

    @Test
    void buffersAreListedWithTheirUuidAndTheirTotals() {
        String guest = Client.unique();
        try (var stream = client.open(OpenStream.of(guest, "vm0"))) {
            for (int id = 1; id <= 3; id++) {
                Client.answer(stream, new GpuCommand.ResourceCreate2d(id, FORMAT, 16, 16));
            }
            Client.answer(stream, new GpuCommand.ResourceAssignUuid(2));
            ListBuffersResponse first = buffers(guest, 2, "");
            assertThat(first.getTotalBuffers()).isEqualTo(3);
            assertThat(first.getTotalBytes()).isGreaterThanOrEqualTo(3 * 16 * 16 * 4);
            ListBuffersResponse second = buffers(guest, 2, first.getNextPageToken());
            assertThat(second.getNextPageToken()).isEmpty();
            List<Buffer> all = new ArrayList<>(first.getBuffersList());
            all.addAll(second.getBuffersList());
            assertThat(all).extracting(Buffer::getResourceId).containsExactly(1, 2, 3);
            assertThat(all).extracting(Buffer::hasUuid).containsExactly(false, true, false);
        }
    }

    @Test
    void aDeviceShowsItsCommandsFeaturesAndOwner() {
        String name = Client.unique();
        try (var stream = client.open(name)) {
            Client.answer(stream, new GpuCommand.GetDisplayInfo());
            Client.answer(stream, new GpuCommand.GetDisplayInfo());
            Client.answer(stream, new GpuCommand.ResourceCreate2d(1, FORMAT, 16, 16));
            Device device = device(name);
            assertThat(device.getType()).isEqualTo("gpu");
            assertThat(device.getConnected()).isTrue();
            assertThat(device.getFeatureNamesList()).contains("RESOURCE_UUID");
            assertThat(device.getCommandsMap())
                    .containsEntry("GET_DISPLAY_INFO", 2L)
                    .containsEntry("RESOURCE_CREATE_2D", 1L);
            assertThat(device.getResources()).isEqualTo(1);
        }
    }

    @Test
    void injectedTransitIsSeenByTheClientAndNotCountedAsTheDevicesOwn() throws IOException, InterruptedException {
        String name = Client.unique();
        try (var stream = client.open(name)) {
            client.admin()
                    .setTiming(SetTimingRequest.newBuilder()
                            .setDevice(name)
                            .setTiming(Timing.newBuilder().setTransit(millis(40)))
                            .build());
            Completion<GpuReply> slow = Client.complete(
                    stream, new GpuCommand.MoveCursor(new dev.crossdev.virtio.gpu.CursorPosition(0, 1, 1), 0, 0, 0));
            assertThat(slow.roundTripNanos()).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(80));
            assertThat(slow.answeredNanos() - slow.receivedNanos()).isLessThan(TimeUnit.MILLISECONDS.toNanos(80));
            assertThat(device(name).getTiming().getTransit().getFixed().getNanos())
                    .isEqualTo(40_000_000);
            double seconds = metrics()
                    .lines()
                    .filter(line -> line.startsWith("virtio_command_seconds_sum") && line.contains("MOVE_CURSOR"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
            assertThat(seconds).isPositive().isLessThan(0.08);
        }
    }

    @Test
    void aFaultStrikesAsOftenAsItWasToldAndIsShownUntilThen() {
        String name = Client.unique();
        try (var stream = client.open(name)) {
            client.admin()
                    .injectFault(InjectFaultRequest.newBuilder()
                            .setDevice(name)
                            .setFault(Fault.newBuilder()
                                    .setCommand("GET_DISPLAY_INFO")
                                    .setCount(2)
                                    .setAnswerCode(0x1201))
                            .build());
            assertThat(Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                    .isEqualTo(new GpuResponse.Err(GpuResult.ERR_OUT_OF_MEMORY));
            assertThat(device(name).getFaults(0).getHits()).isEqualTo(1);
            assertThat(client.admin()
                            .clearFaults(ClearFaultsRequest.newBuilder()
                                    .setDevice(name)
                                    .build())
                            .getCleared())
                    .isEqualTo(1);
            assertThat(Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                    .isInstanceOf(GpuResponse.OkDisplayInfo.class);
        }
    }

    @Test
    void aDroppedConnectionEndsTheStreamAndItsDevice() {
        String name = Client.unique();
        var stream = client.open(name);
        client.admin()
                .injectFault(InjectFaultRequest.newBuilder()
                        .setDevice(name)
                        .setFault(Fault.newBuilder().setDropConnection(DropConnection.getDefaultInstance()))
                        .build());
        assertThatThrownBy(() -> Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                .cause()
                .isInstanceOf(DeviceGoneException.class);
        assertThat(Client.end(stream)).isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void healthServesAndReflectionListsTheServices() {
        assertThat(HealthGrpc.newBlockingStub(client.channel)
                        .check(HealthCheckRequest.newBuilder()
                                .setService("virtio.gpu.v1.GpuDevice")
                                .build())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
        assertThat(services())
                .contains(
                        "virtio.gpu.v1.GpuDevice",
                        "virtio.admin.v1.DeviceAdmin",
                        "virtio.objects.v1.SharedObjects",
                        "grpc.health.v1.Health");
    }

    @Test
    void theMetricsHaveBucketsForCommandsAndCalls() throws IOException, InterruptedException {
        try (var stream = client.open(Client.unique())) {
            Client.answer(stream, new GpuCommand.GetDisplayInfo());
            Client.answer(stream, new GpuCommand.ResourceUnref(9));
        }
        String scrape = metrics();
        assertThat(scrape)
                .containsPattern("virtio_command_seconds_bucket\\{command=\"GET_DISPLAY_INFO\",device=\"gpu\","
                        + "response=\"OK_DISPLAY_INFO\",le=\"5.0E-5\",?}")
                .containsPattern("virtio_command_seconds_count\\{command=\"RESOURCE_UNREF\",device=\"gpu\","
                        + "response=\"ERR_INVALID_RESOURCE_ID\",?}")
                .contains("virtio_buffers{device=\"gpu\"")
                .contains("virtio_buffer_bytes{device=\"gpu\"")
                .contains("virtio_objects{state=\"exported\"")
                .contains("virtio_protocol_violations_total{kind=\"repeated_answer\"")
                .contains("grpc_server_processing_duration_seconds_bucket");
    }

    private Device device(String name) {
        return client.admin()
                .getDevice(GetDeviceRequest.newBuilder().setDevice(name).build())
                .getDevice();
    }

    private ListBuffersResponse buffers(String guest, int size, String token) {
        return client.admin()
                .listBuffers(ListBuffersRequest.newBuilder()
                        .setGuest(guest)
                        .setPageSize(size)
                        .setPageToken(token)
                        .build());
    }

    private static Latency millis(int millis) {
        return Latency.newBuilder()
                .setFixed(Duration.newBuilder().setNanos(millis * 1_000_000))
                .build();
    }

    private String metrics() throws IOException, InterruptedException {
        try (HttpClient scraper = HttpClient.newHttpClient()) {
            return scraper.send(
                            HttpRequest.newBuilder(
                                            URI.create("http://127.0.0.1:" + http.getManagementPort() + "/q/metrics"))
                                    .header("Accept", "text/plain")
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private List<String> services() {
        CompletableFuture<List<String>> names = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(client.channel)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        names.complete(response.getListServicesResponse().getServiceList().stream()
                                .map(ServiceResponse::getName)
                                .toList());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        names.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        requests.onNext(
                ServerReflectionRequest.newBuilder().setListServices("*").build());
        List<String> services =
                names.orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        requests.onCompleted();
        return services;
    }
}
