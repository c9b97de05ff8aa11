package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.grpc.client.Descriptions;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.CaptureScanoutRequest;
import dev.crossdev.proto.admin.v1.CaptureScanoutResponse;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.device.v1.MemoryRead;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.ExecuteResponse;
import dev.crossdev.proto.gpu.v1.GetDisplayInfo;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuResult;
import dev.crossdev.proto.gpu.v1.MemEntry;
import dev.crossdev.proto.gpu.v1.PixelFormat;
import dev.crossdev.proto.gpu.v1.Rect;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceAttachBacking;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.proto.gpu.v1.ResourceFlush;
import dev.crossdev.proto.gpu.v1.SetScanout;
import dev.crossdev.proto.gpu.v1.TransferToHost2d;
import dev.crossdev.virtio.gpu.GpuFeature;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The session of somebody with grpcurl, and the raw door beside it. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class SingleCommandTest {

    /** The least that a scanout shows. */
    private static final int SIDE = 16;

    /** B, G, R, A. */
    private static final ByteString FIRST_PIXELS = Client.bytes(0x10, 0x20, 0x30, 0xff, 0x40, 0x50, 0x60, 0xff);

    private static final ByteString PIXELS =
            FIRST_PIXELS.concat(ByteString.copyFrom(new byte[SIDE * SIDE * 4 - FIRST_PIXELS.size()]));

    @Inject
    GrpcServer server;

    @Inject
    HttpServer http;

    private final String device = Client.unique();
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
    @Timeout(60)
    void aSessionOfSingleCommandsFillsExportsAndShowsAResource() throws IOException, InterruptedException {
        showPixels();
        ExecuteResponse exported = execute(GpuCommand.newBuilder()
                .setSequence(9)
                .setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(1)));
        assertThat(exported.getCompletion().getSequence()).isEqualTo(9);
        assertThat(UUID.fromString(exported.getCompletion()
                                .getResourceUuid()
                                .getUuid()
                                .getText())
                        .version())
                .isEqualTo(4);
        assertThat(memoryRead(0x1000, PIXELS.size())).isEqualTo(PIXELS);
        assertThat(captured()).isEqualTo(PIXELS);

        HttpResponse<byte[]> picture = get("/scanouts/default/" + device + "/0.png");
        assertThat(picture.statusCode()).isEqualTo(200);
        assertThat(picture.headers().firstValue("content-type")).hasValue("image/png");
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(picture.body()));
        assertThat(image.getWidth()).isEqualTo(SIDE);
        assertThat(image.getRGB(0, 0)).isEqualTo(0xff302010);
        assertThat(image.getRGB(1, 0)).isEqualTo(0xff605040);
        assertThat(new String(get("/").body(), StandardCharsets.UTF_8)).contains("/console/main.js");
        assertThat(toldToBrowsers("\"flushCount\"")).contains(device);
    }

    @Test
    void aScanoutThatShowsNothingIsNotFound() throws IOException, InterruptedException {
        execute(displayInfo());
        assertThat(get("/scanouts/default/" + device + "/3.png").statusCode()).isEqualTo(404);
        assertThat(get("/scanouts/default/nobody/0.png").statusCode()).isEqualTo(404);
        assertThat(get("/scanouts/default/nobody/0.png?flushes=3").statusCode())
                .as("to a page that has heard of it")
                .isEqualTo(204);
        assertThatThrownBy(this::captured)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void aDeviceThatAStreamOwnsTakesNoSingleCommand() {
        try (var stream = client.open(device)) {
            assertThatThrownBy(() -> execute(displayInfo())).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                assertThat(Statuses.errorInfo(e.getStatus(), e.getTrailers()))
                        .hasValueSatisfying(info -> assertThat(info.getReason()).isEqualTo(Errno.EBUSY.name()));
            });
        }
    }

    @Test
    void aStreamTakesUpADeviceThatASingleCommandMade() {
        execute(displayInfo());
        try (var stream = client.open(device)) {
            stream.writeMemory(0x2000, PIXELS);
            assertThat(stream.opened().epoch()).isZero();
        }
    }

    @Test
    void eachCommandRenewsTheLease() {
        client.gpu()
                .execute(request(displayInfo())
                        .setLease(Duration.newBuilder().setSeconds(1))
                        .build());
        client.gpu()
                .execute(request(displayInfo())
                        .setLease(Duration.newBuilder().setSeconds(600))
                        .build());
        var lease = client.admin()
                .getDevice(GetDeviceRequest.newBuilder().setDevice(device).build())
                .getDevice();
        assertThat(lease.getConnected()).isFalse();
        assertThat(lease.getLeaseExpiresAt().getSeconds()).isGreaterThan(System.currentTimeMillis() / 1000 + 500);
    }

    @Test
    void memoryOutsideTheWindowIsAnInvalidArgument() {
        assertThatThrownBy(() -> memoryRead(64L << 20, 1))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void nothingToDoIsAnInvalidArgument() {
        assertThatThrownBy(() -> client.gpu()
                        .execute(ExecuteRequest.newBuilder().setDevice(device).build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void theRawDoorCarriesTheBytesOfAVirtqueue() {
        // struct virtio_gpu_ctrl_hdr: GET_DISPLAY_INFO, fenced, fence 0x0102030405060708.
        ByteBuffer request = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        request.putInt(0x100).putInt(1).putLong(0x0102030405060708L).putInt(0).putInt(0);
        try (var stream = RawStream.openGpu(
                client.channel, OpenStream.of("default", device), new StreamListener<>() {}, Client.PATIENCE)) {
            ByteString written = stream.submit(new RawChain(0, ByteString.copyFrom(request.array()), 408))
                    .orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join()
                    .response();
            ByteBuffer response = written.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            assertThat(response.remaining()).isEqualTo(408);
            assertThat(response.getInt(0)).isEqualTo(0x1101);
            assertThat(response.getInt(4)).isEqualTo(1);
            assertThat(response.getLong(8)).isEqualTo(0x0102030405060708L);
            // Display 0: x, y, width, height, enabled.
            assertThat(response.getInt(32)).isEqualTo(640);
            assertThat(response.getInt(36)).isEqualTo(480);
            assertThat(response.getInt(40)).isEqualTo(1);
            assertThat(response.getInt(64)).isZero();

            ByteString rubbish = stream.submit(new RawChain(0, Client.bytes(1, 2, 3), 24))
                    .orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join()
                    .response();
            assertThat(rubbish.asReadOnlyByteBuffer()
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getInt(0))
                    .isEqualTo(0x1200);
        }
    }

    @Test
    void describeSaysWhereTheSocketIsAndItTakesConnections() {
        var info = Descriptions.gpu(client.channel, Client.PATIENCE);
        assertThat(info.isSameMachine()).isTrue();
        assertThat(info.features().has(GpuFeature.RESOURCE_UUID)).isTrue();
        assertThat(info.featureNames()).contains("RESOURCE_UUID");
        DescriptorClient.connect(info.descriptorSocket().orElseThrow(), Client.PATIENCE)
                .close();
    }

    private void showPixels() {
        client.gpu()
                .execute(ExecuteRequest.newBuilder()
                        .setDevice(device)
                        .setMemoryWrite(
                                MemoryWrite.newBuilder().setAddress(0x1000).setData(PIXELS))
                        .build());
        ok(GpuCommand.newBuilder()
                .setResourceCreate2D(ResourceCreate2d.newBuilder()
                        .setResourceId(1)
                        .setFormat(PixelFormat.PIXEL_FORMAT_B8G8R8A8_UNORM)
                        .setWidth(SIDE)
                        .setHeight(SIDE)));
        ok(GpuCommand.newBuilder()
                .setResourceAttachBacking(ResourceAttachBacking.newBuilder()
                        .setResourceId(1)
                        .addEntries(MemEntry.newBuilder().setAddress(0x1000).setLength(PIXELS.size()))));
        Rect all = Rect.newBuilder().setWidth(SIDE).setHeight(SIDE).build();
        ok(GpuCommand.newBuilder()
                .setTransferToHost2D(TransferToHost2d.newBuilder().setRect(all).setResourceId(1)));
        ok(GpuCommand.newBuilder()
                .setSetScanout(SetScanout.newBuilder().setRect(all).setResourceId(1)));
        ok(GpuCommand.newBuilder()
                .setResourceFlush(ResourceFlush.newBuilder().setRect(all).setResourceId(1)));
    }

    private ByteString captured() {
        Iterator<CaptureScanoutResponse> parts = client.admin()
                .captureScanout(
                        CaptureScanoutRequest.newBuilder().setDevice(device).build());
        CaptureScanoutResponse header = parts.next();
        assertThat(header.getHeader().getWidth()).isEqualTo(SIDE);
        assertThat(header.getHeader().getHeight()).isEqualTo(SIDE);
        assertThat(header.getHeader().getFlushCount()).isEqualTo(1);
        ByteString pixels = ByteString.EMPTY;
        while (parts.hasNext()) {
            pixels = pixels.concat(parts.next().getData());
        }
        return pixels;
    }

    private void ok(GpuCommand.Builder command) {
        assertThat(execute(command).getCompletion().getResult()).isEqualTo(GpuResult.GPU_RESULT_OK_NODATA);
    }

    private ExecuteResponse execute(GpuCommand.Builder command) {
        return client.gpu().execute(request(command).build());
    }

    private ExecuteRequest.Builder request(GpuCommand.Builder command) {
        return ExecuteRequest.newBuilder().setDevice(device).setCommand(command);
    }

    private static GpuCommand.Builder displayInfo() {
        return GpuCommand.newBuilder().setGetDisplayInfo(GetDisplayInfo.getDefaultInstance());
    }

    private ByteString memoryRead(long address, int length) {
        return client.gpu()
                .execute(ExecuteRequest.newBuilder()
                        .setDevice(device)
                        .setMemoryRead(
                                MemoryRead.newBuilder().setAddress(address).setLength(length))
                        .build())
                .getMemory();
    }

    /** The first line of the console's events that has this in it. */
    private String toldToBrowsers(String what) throws IOException, InterruptedException {
        HttpClient browser = HttpClient.newHttpClient();
        HttpRequest events = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + http.getPort() + "/console/events"))
                .build();
        try (Stream<String> lines =
                browser.send(events, HttpResponse.BodyHandlers.ofLines()).body()) {
            return lines.filter(line -> line.contains(what)).findFirst().orElseThrow();
        } finally {
            browser.shutdownNow();
        }
    }

    private HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        try (HttpClient browser = HttpClient.newHttpClient()) {
            return browser.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.getPort() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }
    }
}
