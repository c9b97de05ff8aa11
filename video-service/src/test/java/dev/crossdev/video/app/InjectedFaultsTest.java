package dev.crossdev.video.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.client.VideoStream;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import io.grpc.ManagedChannel;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
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
@TestProfile(VideoServiceProfile.class)
class InjectedFaultsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String DEVICE = "faulty";

    private static final VideoCommand QUERY = new VideoCommand.QueryCapability(QueueType.INPUT);
    private static final VideoCommand CREATE = new VideoCommand.StreamCreate(
            1, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, VideoFormat.H264.number(), "faulty");

    @Inject
    GrpcServer server;

    private final BlockingQueue<String> breaches = new LinkedBlockingQueue<>();
    private ManagedChannel channel;
    private DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream;

    @BeforeEach
    void connect() {
        channel = Channels.plaintext("127.0.0.1", server.getPort());
        stream = VideoStream.open(
                channel,
                OpenStream.of("default", DEVICE),
                new StreamListener<>() {
                    @Override
                    public void violation(Violations.Kind kind, String detail) {
                        breaches.add(kind + ": " + detail);
                    }
                },
                PATIENCE);
    }

    @AfterEach
    void disconnect() {
        stream.close();
        var _ = end();
        channel.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(ints = {0x300, 0x301, 0x302, 0x303, 0x304, 0x305})
    void anErrorOfEachCodeIsAnsweredWithoutTheDevice(int code) {
        String fault = "STREAM_CREATE=error:0x" + Integer.toHexString(code);
        inject(fault);
        assertThat(answer(CREATE))
                .isEqualTo(new VideoResponse.Err(VideoResult.of(code).orElseThrow()));
        assertThat(shown().getFaultHitsMap()).containsEntry(fault, 1L);
        assertThat(answer(CREATE)).as("it is not there yet").isEqualTo(new VideoResponse.OkNodata());
    }

    @Test
    void aLateAnswerIsOvertakenByTheNext() {
        inject("STREAM_CREATE=late:300ms");
        CompletableFuture<?> late = stream.submit(CREATE);
        answer(QUERY);
        assertThat(late).isNotDone();
        await().atMost(PATIENCE).until(late::isDone);
    }

    @Test
    void aSecondAnswerIsABreachAndChangesNothing() throws InterruptedException {
        inject("STREAM_CREATE=twice");
        assertThat(answer(CREATE)).isEqualTo(new VideoResponse.OkNodata());
        assertThat(breaches.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .startsWith(Violations.Kind.REPEATED_ANSWER.toString());
        assertThat(answer(CREATE)).isEqualTo(new VideoResponse.Err(VideoResult.ERR_INVALID_STREAM_ID));
    }

    @Test
    void anotherUuidStrikesAndChangesNothingForThereIsNoneInAnAnswer() {
        inject("STREAM_CREATE=other-uuid");
        assertThat(answer(CREATE)).isEqualTo(new VideoResponse.OkNodata());
        assertThat(shown().getFaultHitsMap()).containsEntry("STREAM_CREATE=other-uuid", 1L);
    }

    @Test
    void aSwallowedCommandIsNeverAnsweredAndTheRestGoesOn() {
        inject("STREAM_CREATE=never");
        CompletableFuture<?> swallowed = stream.submit(CREATE);
        assertThat(answer(CREATE)).as("the device has not seen the first").isEqualTo(new VideoResponse.OkNodata());
        assertThat(swallowed).isNotDone();
        // The driver's wait ends with the device.
        stream.close();
        var _ = end();
        assertThatThrownBy(swallowed::join).cause().isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aDroppedConnectionTakesWhatWasPending() {
        inject("STREAM_CREATE=disconnect");
        CompletableFuture<?> pending = stream.submit(CREATE);
        assertThat(end()).isInstanceOf(DeviceGoneException.class);
        assertThatThrownBy(pending::join).cause().isInstanceOf(DeviceGoneException.class);
    }

    private void inject(String fault) {
        var _ = admin().injectFault(InjectFaultRequest.newBuilder()
                .setDevice(DEVICE)
                .setFault(Timings.toProto(Fault.parse(fault)))
                .build());
        assertThat(shown().getFaultsList())
                .extracting(each -> Timings.fromProto(each).toString())
                .containsExactly(fault);
    }

    private Device shown() {
        return admin().getDevice(GetDeviceRequest.newBuilder().setDevice(DEVICE).build())
                .getDevice();
    }

    private DeviceAdminGrpc.DeviceAdminBlockingStub admin() {
        return DeviceAdminGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private VideoResponse answer(VideoCommand command) {
        return stream.submit(command)
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join()
                .response();
    }

    private ErrnoException end() {
        return stream.closed().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }
}
