package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.proto.admin.v1.DeleteDeviceRequest;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class GpuStreamTest {

    private static final int FORMAT = PixelFormat.B8G8R8A8_UNORM.number();

    @Inject
    GrpcServer server;

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
    void aTypedSessionCreatesBacksFillsAndExportsAResource() {
        String device = Client.unique();
        try (var stream = client.open(Client.windowed(device))) {
            assertThat(Client.answer(stream, new GpuCommand.ResourceCreate2d(1, FORMAT, 2, 2)))
                    .isInstanceOf(GpuResponse.OkNodata.class);
            assertThat(Client.answer(
                            stream, new GpuCommand.ResourceAttachBacking(1, List.of(new MemEntry(0x1000, 16)))))
                    .isInstanceOf(GpuResponse.OkNodata.class);
            stream.writeMemory(0x1000, Client.bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
            assertThat(Client.answer(stream, new GpuCommand.TransferToHost2d(new Rect(0, 0, 2, 2), 0, 1)))
                    .isInstanceOf(GpuResponse.OkNodata.class);
            assertThat(Client.answer(stream, new GpuCommand.ResourceAssignUuid(1)))
                    .isInstanceOfSatisfying(
                            GpuResponse.OkResourceUuid.class,
                            uuid -> assertThat(uuid.uuid().version()).isEqualTo(4));
        }
    }

    @Test
    void aBadCommandDoesNotBreakTheStream() {
        try (var stream = client.open(Client.unique())) {
            assertThat(Client.answer(stream, new GpuCommand.ResourceUnref(77)))
                    .isEqualTo(new GpuResponse.Err(GpuResult.ERR_INVALID_RESOURCE_ID));
            assertThat(Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                    .isInstanceOf(GpuResponse.OkDisplayInfo.class);
        }
    }

    @Test
    void openedComesFirstAndSaysWhatWasAccepted() {
        Features wanted = Features.of(GpuFeature.EDID);
        try (var stream = client.open(OpenStream.of("default", Client.unique()).withFeatures(wanted))) {
            assertThat(stream.opened().features()).isEqualTo(wanted);
            assertThat(stream.opened().epoch()).isZero();
            assertThat(stream.opened().config().size()).isEqualTo(16);
            assertThat(stream.readConfig(8, 4).join()).isEqualTo(Client.bytes(1, 0, 0, 0));
        }
    }

    @Test
    void aFeatureThatIsNotOfferedRefusesTheOpen() {
        OpenStream open = OpenStream.of("default", Client.unique()).withFeatures(new Features(1L << 50));
        assertThatThrownBy(() -> client.open(open))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
                .hasMessageContaining("bit50");
    }

    @Test
    void aSecondOpenerIsRefusedUntilTheFirstHasGone() {
        String device = Client.unique();
        try (var first = client.open(device)) {
            assertThatThrownBy(() -> client.open(device))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY))
                    .cause()
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION));
            Client.close(first);
        }
        try (var second = client.open(device)) {
            assertThat(second.opened().epoch()).isZero();
        }
    }

    @Test
    void theEndOfAStreamUnplugsItsDevice() {
        String device = Client.unique();
        var stream = client.open(device);
        Client.close(stream);
        assertThatThrownBy(() -> client.admin()
                        .getDevice(
                                GetDeviceRequest.newBuilder().setDevice(device).build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void aLeasedDeviceOutlivesItsStreamAndKeepsItsResources() {
        String device = Client.unique();
        var first = client.open(OpenStream.of("default", device).withLease(Duration.ofMinutes(1)));
        Client.answer(first, new GpuCommand.ResourceCreate2d(5, FORMAT, 4, 4));
        UUID uuid = uuid(Client.answer(first, new GpuCommand.ResourceAssignUuid(5)));
        Client.close(first);
        try (var second = client.open(device)) {
            assertThat(uuid(Client.answer(second, new GpuCommand.ResourceAssignUuid(5))))
                    .isEqualTo(uuid);
        }
    }

    @Test
    void aLeaseThatRunsOutTakesTheDevice() {
        String device = Client.unique();
        Client.close(client.open(OpenStream.of("default", device).withLease(Duration.ofMillis(100))));
        await().atMost(Client.PATIENCE).until(() -> !isThere(device));
    }

    @Test
    void aResetBeginsAnEpochAndLeavesNothing() {
        String device = Client.unique();
        ConcurrentLinkedQueue<Long> epochs = new ConcurrentLinkedQueue<>();
        StreamListener<NoEvent> listener = new StreamListener<>() {
            @Override
            public void reset(long epoch) {
                epochs.add(epoch);
            }
        };
        try (var stream = GpuStream.open(client.channel, OpenStream.of("default", device), listener, Client.PATIENCE)) {
            Client.answer(stream, new GpuCommand.ResourceCreate2d(1, FORMAT, 4, 4));
            assertThat(client.admin()
                            .resetDevice(ResetDeviceRequest.newBuilder()
                                    .setDevice(device)
                                    .build())
                            .getEpoch())
                    .isEqualTo(1);
            await().atMost(Client.PATIENCE).until(() -> epochs.contains(1L));
            assertThat(Client.answer(stream, new GpuCommand.ResourceUnref(1)))
                    .isEqualTo(new GpuResponse.Err(GpuResult.ERR_INVALID_RESOURCE_ID));
        }
    }

    @Test
    void anOperatorsDeleteEndsTheStreamWithDeviceGone() {
        String device = Client.unique();
        var stream = client.open(device);
        client.admin()
                .deleteDevice(DeleteDeviceRequest.newBuilder().setDevice(device).build());
        assertThat(Client.end(stream)).isInstanceOf(DeviceGoneException.class).hasMessageContaining("operator");
        assertThatThrownBy(() -> client.admin()
                        .deleteDevice(DeleteDeviceRequest.newBuilder()
                                .setDevice(device)
                                .build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
        client.admin()
                .deleteDevice(DeleteDeviceRequest.newBuilder()
                        .setDevice(device)
                        .setAllowMissing(true)
                        .build());
    }

    @Test
    void devicesOfTwoGuestsMayHaveTheSameNameAndShareNothing() {
        String device = Client.unique();
        try (var ours = client.open(OpenStream.of("ours", device));
                var theirs = client.open(OpenStream.of("theirs", device))) {
            Client.answer(ours, new GpuCommand.ResourceCreate2d(1, FORMAT, 4, 4));
            assertThat(Client.answer(theirs, new GpuCommand.ResourceUnref(1)))
                    .isEqualTo(new GpuResponse.Err(GpuResult.ERR_INVALID_RESOURCE_ID));
        }
    }

    @Test
    void whatComesBeforeTheOpenIsRefused() {
        assertThatThrownBy(() -> client.open(OpenStream.of("default", "Not A Name")))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void aMemoryWriteOutsideTheWindowEndsTheStream() {
        var stream = client.open(Client.windowed(Client.unique()));
        stream.writeMemory(1L << 40, ByteString.copyFromUtf8("x"));
        assertThat(Client.end(stream).errno()).isEqualTo(Errno.EFAULT);
    }

    private static UUID uuid(GpuResponse response) {
        assertThat(response).isInstanceOf(GpuResponse.OkResourceUuid.class);
        return ((GpuResponse.OkResourceUuid) response).uuid();
    }

    private boolean isThere(String device) {
        try {
            client.admin()
                    .getDevice(GetDeviceRequest.newBuilder().setDevice(device).build());
            return true;
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            return false;
        }
    }
}
