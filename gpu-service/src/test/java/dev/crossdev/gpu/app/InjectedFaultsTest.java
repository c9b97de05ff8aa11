package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.timing.Fault;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of fault, as a driver meets it at the door and an operator sees it. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class InjectedFaultsTest {

    private static final GpuCommand ASSIGN = new GpuCommand.ResourceAssignUuid(1);

    @Inject
    GrpcServer server;

    private final String device = Client.unique();
    private final BlockingQueue<String> breaches = new LinkedBlockingQueue<>();
    private Client client;
    private DeviceStream<GpuRequest, GpuReply, NoEvent> stream;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
        stream = GpuStream.open(
                client.channel,
                Client.windowed(device),
                new StreamListener<>() {
                    @Override
                    public void violation(Violations.Kind kind, String detail) {
                        breaches.add(kind + ": " + detail);
                    }
                },
                Client.PATIENCE);
        Client.answer(stream, new GpuCommand.ResourceCreate2d(1, PixelFormat.B8G8R8A8_UNORM.number(), 4, 4));
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0x1200, 0x1201, 0x1202, 0x1203, 0x1204, 0x1205})
    void anErrorOfEachCodeIsAnsweredWithoutTheDevice(int code) {
        String fault = "RESOURCE_ASSIGN_UUID=error:0x" + Integer.toHexString(code);
        inject(fault);
        assertThat(Client.answer(stream, ASSIGN))
                .isEqualTo(new GpuResponse.Err(GpuResult.of(code).orElseThrow()));
        assertThat(shown().getFaultHitsMap()).containsEntry(fault, 1L);
        assertThat(Client.answer(stream, ASSIGN)).isInstanceOf(GpuResponse.OkResourceUuid.class);
    }

    @Test
    void aLateAnswerIsOvertakenByTheNext() {
        inject("RESOURCE_ASSIGN_UUID=late:300ms");
        CompletableFuture<?> late = stream.submit(GpuRequest.of(ASSIGN));
        Client.answer(stream, new GpuCommand.GetDisplayInfo());
        assertThat(late).isNotDone();
        await().atMost(Client.PATIENCE).until(late::isDone);
    }

    @Test
    void aSecondAnswerIsABreachAndChangesNothing() throws InterruptedException {
        inject("RESOURCE_ASSIGN_UUID=twice");
        UUID first = uuid();
        assertThat(breaches.poll(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .startsWith(Violations.Kind.REPEATED_ANSWER.toString());
        assertThat(uuid()).isEqualTo(first);
    }

    @Test
    void anotherUuidIsNotTheResources() {
        UUID real = uuid();
        inject("RESOURCE_ASSIGN_UUID=other-uuid");
        assertThat(uuid()).isNotEqualTo(real);
        assertThat(uuid()).isEqualTo(real);
    }

    @Test
    void aSwallowedCommandIsNeverAnsweredAndTheRestGoesOn() {
        inject("RESOURCE_ASSIGN_UUID=never");
        CompletableFuture<?> swallowed = stream.submit(GpuRequest.of(ASSIGN));
        assertThat(Client.answer(stream, ASSIGN)).isInstanceOf(GpuResponse.OkResourceUuid.class);
        assertThat(swallowed).isNotDone();
        assertThat(shown().getFaultHitsMap()).containsEntry("RESOURCE_ASSIGN_UUID=never", 1L);
        // The driver's wait ends with the device.
        Client.close(stream);
        assertThatThrownBy(swallowed::join).cause().isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aDroppedConnectionTakesWhatWasPending() {
        inject("GET_DISPLAY_INFO=disconnect");
        CompletableFuture<?> pending = stream.submit(GpuRequest.of(new GpuCommand.GetDisplayInfo()));
        assertThat(Client.end(stream)).isInstanceOf(DeviceGoneException.class);
        assertThatThrownBy(pending::join).cause().isInstanceOf(DeviceGoneException.class);
    }

    private void inject(String fault) {
        var _ = client.admin()
                .injectFault(InjectFaultRequest.newBuilder()
                        .setDevice(device)
                        .setFault(Timings.toProto(Fault.parse(fault)))
                        .build());
        assertThat(shown().getFaultsList())
                .extracting(each -> Timings.fromProto(each).toString())
                .containsExactly(fault);
    }

    private Device shown() {
        return client.admin()
                .getDevice(GetDeviceRequest.newBuilder().setDevice(device).build())
                .getDevice();
    }

    private UUID uuid() {
        GpuResponse response = Client.answer(stream, ASSIGN);
        assertThat(response).isInstanceOf(GpuResponse.OkResourceUuid.class);
        return ((GpuResponse.OkResourceUuid) response).uuid();
    }
}
