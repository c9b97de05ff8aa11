package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.crossdev.grpc.replay.Replay;
import dev.crossdev.grpc.replay.ReplayReport;
import dev.crossdev.grpc.replay.ReplayTarget;
import dev.crossdev.proto.admin.v1.Fault;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.gpu.GpuResult;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A Linux 6.1 guest gets from the raw door what it got from its own device, but for the device's own choices
 * ({@link dev.crossdev.virtio.decode.OwnChoice}).
 */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class CaptureReplayTest {

    private static final int BUFFERS = 4;

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

    @ParameterizedTest
    @ValueSource(strings = {"qemu-proxy-basic", "qemu-proxy-no-uuid-feature", "qemu-proxy-blob", "uml-basic"})
    void aLinuxGuestIsAnsweredAsByItsOwnDevice(String capture) {
        assertNothingDiffers(capture, Optional.empty());
    }

    @Test
    void aDeviceThatIsToldToFailAnswersTheGuestLikeOneThatFailed() {
        assertNothingDiffers(
                "qemu-proxy-uuid-error",
                Optional.of(Fault.newBuilder()
                        .setCommand("RESOURCE_ASSIGN_UUID")
                        .setCount(BUFFERS)
                        .setAnswerCode(GpuResult.ERR_UNSPEC.number())
                        .build()));
    }

    @Test
    void aDeviceThatIsToldToBeLateAnswersTheGuestTheSameLater() {
        long began = System.nanoTime();
        assertNothingDiffers(
                "qemu-proxy-uuid-delay500ms",
                Optional.of(Fault.newBuilder()
                        .setCommand("RESOURCE_ASSIGN_UUID")
                        .setCount(BUFFERS)
                        .setAnswerLate(Durations.fromMillis(500))
                        .build()));
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(BUFFERS * 500_000_000L);
    }

    @Test
    void anAnswerThatDiffersIsSeen() {
        ReplayReport report = replay("qemu-proxy-uuid-error", Optional.empty());

        assertThat(report.differences()).hasSize(BUFFERS);
        assertThat(report.differences().getFirst().line()).isEqualTo(7);
        assertThat(report.differences().getFirst().what())
                .singleElement()
                .asString()
                .startsWith("expected ERR_UNSPEC, got OK_RESOURCE_UUID(uuid=");
    }

    private void assertNothingDiffers(String capture, Optional<Fault> fault) {
        ReplayReport report = replay(capture, fault);

        assertThat(report.differences()).isEmpty();
        assertThat(report.compared())
                .isEqualTo(CapturedGuests.read(capture).exchanges().size())
                .isPositive();
    }

    private ReplayReport replay(String name, Optional<Fault> fault) {
        Capture capture = CapturedGuests.read(name);
        String device = Client.unique();
        ReplayTarget target = new ReplayTarget(name, capture, DeviceKind.GPU, client.channel, "default", device);
        try (Replay replay = Replay.open(List.of(target), Client.PATIENCE)) {
            fault.ifPresent(each -> {
                var _ = client.admin()
                        .injectFault(InjectFaultRequest.newBuilder()
                                .setDevice(device)
                                .setFault(each)
                                .build());
            });
            ReplayReport report = replay.run();
            assertThat(client.admin()
                            .getDevice(GetDeviceRequest.newBuilder()
                                    .setDevice(device)
                                    .build())
                            .getDevice()
                            .getResources())
                    .as("the guest closed all of its buffers")
                    .isZero();
            return report;
        }
    }
}
