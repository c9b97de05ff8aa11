package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.grpc.dialect.RawVideoDialect;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.grpc.dialect.Times;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.server.ServerWriters;
import dev.crossdev.proto.video.v1.ControlQueueRequest;
import dev.crossdev.proto.video.v1.ControlQueueResponse;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RawStreamTest {

    /** Answers each command with OK_NODATA, after an event of its stream. */
    private static final class RawVideoService extends VideoDeviceGrpc.VideoDeviceImplBase {
        @Override
        public StreamObserver<ControlQueueRequest> controlQueue(StreamObserver<ControlQueueResponse> responses) {
            RawVideoDialect dialect = new RawVideoDialect();
            StreamWriter<ControlQueueResponse> writer =
                    ServerWriters.over((ServerCallStreamObserver<ControlQueueResponse>) responses, 64, 1000, () -> {});
            return new StreamObserver<>() {
                @Override
                public void onNext(ControlQueueRequest message) {
                    switch (dialect.decode(message)) {
                        case Inbound.Open<VideoCommand, VideoResponse, ControlQueueResponse> _ ->
                            writer.offer(dialect.opened(
                                    new StreamOpened(Features.NONE, ByteString.EMPTY, 1, BootId.local())));
                        case Inbound.Command<VideoCommand, VideoResponse, ControlQueueResponse> command -> {
                            dialect.event(new VideoEvent(
                                            VideoEventType.ERROR,
                                            command.command().streamId()))
                                    .ifPresent(writer::offer);
                            long now = System.nanoTime();
                            writer.offer(command.reply()
                                    .message(new VideoResponse.OkNodata(), new Times(now, now, BootId.local())));
                        }
                        case Inbound.EventRoom<VideoCommand, VideoResponse, ControlQueueResponse> room ->
                            room.waiting().ifPresent(writer::offer);
                        default -> throw new AssertionError();
                    }
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {
                    writer.complete();
                }
            };
        }
    }

    @Test
    void chainsComeBackWithWhatTheDeviceWroteAndEventsFillTheirBuffers() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new RawVideoService())
                .build()
                .start();
        ManagedChannel channel = Channels.plaintext("127.0.0.1", server.getPort());
        try (DeviceStream<RawChain, ByteString, NoEvent> stream = RawStream.openVideo(
                channel, OpenStream.of("default", "vm0"), new RecordingListener(), Duration.ofSeconds(20))) {
            CompletableFuture<Completion<ByteString>> event = stream.submit(new RawChain(1, ByteString.EMPTY, 8));
            Completion<ByteString> answer = stream.submit(
                            new RawChain(0, ByteString.fromHex("02010000" + "2a000000"), 8))
                    .get(20, TimeUnit.SECONDS);

            assertThat(answer.response()).isEqualTo(ByteString.fromHex("00020000" + "00000000"));
            assertThat(answer.sameClock()).isTrue();
            Completion<ByteString> filled = event.get(20, TimeUnit.SECONDS);
            assertThat(filled.response()).isEqualTo(ByteString.fromHex("00010000" + "2a000000"));
            assertThat(filled.sameClock()).as("no command, no times").isFalse();
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }
}
