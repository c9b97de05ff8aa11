package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.Display;
import dev.crossdev.proto.admin.v1.GetDisplaysRequest;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.proto.admin.v1.SetDisplayRequest;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuConfig;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.gpu.Rect;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An operator resizes and unplugs displays; the driver hears of it on both doors and sees what is there now. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class DisplayChangeTest {

    /** As a driver does when it has seen the event (Linux virtgpu_kms.c, virtio_gpu_config_changed_work_func). */
    private static final ByteString CLEAR_DISPLAY_EVENT = Client.bytes(GpuConfig.EVENT_DISPLAY, 0, 0, 0);

    @Inject
    GrpcServer server;

    private final Ear ear = new Ear();
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
    void theTypedDoorTellsTheDriverWhichReadsClearsAndAsksAgain() throws Exception {
        try (var stream = GpuStream.open(client.channel, OpenStream.of("default", device), ear, Client.PATIENCE)) {
            Display resized = set(true, 1280, 720);

            assertThat(resized)
                    .isEqualTo(Display.newBuilder()
                            .setEnabled(true)
                            .setWidth(1280)
                            .setHeight(720)
                            .build());
            assertThat(ear.config()).isEqualTo(new GpuConfig(GpuConfig.EVENT_DISPLAY, 0, 1, 0));
            stream.writeConfig(GpuConfig.EVENTS_CLEAR_OFFSET, CLEAR_DISPLAY_EVENT);
            ByteString config = stream.readConfig(0, 0)
                    .orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
            assertThat(GpuConfig.of(config.toByteArray())).isEqualTo(new GpuConfig(0, 0, 1, 0));
            assertThat(Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                    .asInstanceOf(type(GpuResponse.OkDisplayInfo.class))
                    .satisfies(info -> {
                        assertThat(info.displays().getFirst().rect()).isEqualTo(Rect.of(1280, 720));
                        assertThat(info.displays().getFirst().enabled()).isTrue();
                    });
            byte[] edid = ((GpuResponse.OkEdid) Client.answer(stream, new GpuCommand.GetEdid(0))).edid();
            assertThat((edid[56] & 0xff) | (edid[58] & 0xf0) << 4)
                    .as("width in the EDID")
                    .isEqualTo(1280);
            assertThat((edid[59] & 0xff) | (edid[61] & 0xf0) << 4)
                    .as("height in the EDID")
                    .isEqualTo(720);

            assertThat(set(false, 0, 0).getEnabled()).isFalse();
            assertThat(ear.config().eventsRead()).isEqualTo(GpuConfig.EVENT_DISPLAY);
            assertThat(Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                    .asInstanceOf(type(GpuResponse.OkDisplayInfo.class))
                    .satisfies(info ->
                            assertThat(info.displays().getFirst().enabled()).isFalse());
        }
    }

    @Test
    void theRawDoorTellsTheDriverTooAndAResetKeepsTheDisplay() throws Exception {
        try (var stream = RawStream.openGpu(client.channel, Client.windowed(device), ear, Client.PATIENCE)) {
            var _ = set(true, 800, 600);

            assertThat(ear.config().eventsRead()).isEqualTo(GpuConfig.EVENT_DISPLAY);
            var _ = client.admin()
                    .resetDevice(
                            ResetDeviceRequest.newBuilder().setDevice(device).build());
            ByteString written = stream.submit(new RawChain(
                            0,
                            ByteString.copyFrom(GpuWire.encodeRequest(GpuRequest.of(new GpuCommand.GetDisplayInfo()))),
                            408))
                    .orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join()
                    .response();
            assertThat(((GpuResponse.OkDisplayInfo)
                                    GpuWire.decodeReply(written.toByteArray()).response())
                            .displays()
                            .getFirst()
                            .rect())
                    .isEqualTo(Rect.of(800, 600));
        }
    }

    @Test
    void whatIsNotThereOrCannotBeIsRefusedByName() {
        try (var stream = client.open(device)) {
            assertThat(stream.opened()).isNotNull();
            refused(request().setScanoutId(1).setEnabled(true), Status.Code.NOT_FOUND, "ENOENT");
            refused(request().setEnabled(true).setWidth(4096).setHeight(100), Status.Code.INVALID_ARGUMENT, "EINVAL");
            refused(request().setEnabled(true).setWidth(640), Status.Code.INVALID_ARGUMENT, "EINVAL");
            refused(request().setWidth(640).setHeight(480), Status.Code.INVALID_ARGUMENT, "EINVAL");
            refused(request().setDevice("nobody"), Status.Code.NOT_FOUND, "ENOENT");
        }
    }

    private void refused(SetDisplayRequest.Builder request, Status.Code code, String reason) {
        assertThatThrownBy(() -> client.admin().setDisplay(request.build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(code);
                    assertThat(Statuses.errorInfo(e.getStatus(), e.getTrailers()))
                            .map(ErrorInfo::getReason)
                            .contains(reason);
                });
    }

    private SetDisplayRequest.Builder request() {
        return SetDisplayRequest.newBuilder().setDevice(device);
    }

    /** The display as it is then, which GetDisplays says as well. */
    private Display set(boolean enabled, int width, int height) {
        Display set = client.admin()
                .setDisplay(request()
                        .setEnabled(enabled)
                        .setWidth(width)
                        .setHeight(height)
                        .build())
                .getDisplays(0);
        assertThat(client.admin()
                        .getDisplays(GetDisplaysRequest.newBuilder()
                                .setDevice(device)
                                .build())
                        .getDisplaysList())
                .containsExactly(set);
        return set;
    }

    /** Hears what happens to the device. */
    private static final class Ear implements StreamListener<NoEvent> {
        private final BlockingQueue<ByteString> configs = new LinkedBlockingQueue<>();

        @Override
        public void configChanged(int offset, ByteString data) {
            assertThat(offset).isZero();
            configs.add(data);
        }

        GpuConfig config() throws Exception {
            ByteString config = configs.poll(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(config).as("config_changed").isNotNull();
            return GpuConfig.of(config.toByteArray());
        }
    }
}
