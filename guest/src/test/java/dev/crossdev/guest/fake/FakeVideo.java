package dev.crossdev.guest.fake;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.grpc.dialect.VideoDialect;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.fake.FakeStream.Answer;
import dev.crossdev.proto.video.v1.CommandStreamRequest;
import dev.crossdev.proto.video.v1.CommandStreamResponse;
import dev.crossdev.proto.video.v1.DescribeRequest;
import dev.crossdev.proto.video.v1.DescribeResponse;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoFeature;
import dev.crossdev.virtio.video.VideoResponse;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A video service that takes access units and hands back outputs in the order of their timestamps. */
public final class FakeVideo implements AutoCloseable {

    /** Answers a command in place of the service; empty leaves it to the service. */
    public interface Script extends Function<VideoCommand, Optional<VideoResponse>> {}

    private static final Script NONE = command -> Optional.empty();

    private final FakeSettings settings = new FakeSettings();
    private final FakeServer server;
    private final Predicate<UUID> objects;
    private final List<VideoCommand> commands = new CopyOnWriteArrayList<>();
    private final List<byte[]> accessUnits = new CopyOnWriteArrayList<>();
    private volatile Script script = NONE;
    private volatile Predicate<VideoCommand> deaf = command -> false;
    private volatile boolean decodeOrder;
    private volatile @Nullable FakeStream<
                    VideoCommand, VideoResponse, VideoEvent, CommandStreamRequest, CommandStreamResponse>
            stream;

    /**
     * @param socket where it takes memory; without one guests have a window
     * @param objects whether a UUID can be resolved
     */
    public FakeVideo(Optional<Path> socket, Predicate<UUID> objects) {
        server = new FakeServer("video-service", socket);
        this.objects = objects;
        server.start(List.of(new Door()));
    }

    /** Where it is. */
    public ServiceAddress address() {
        return server.address();
    }

    /** What a test may change. */
    public FakeSettings settings() {
        return settings;
    }

    /** How it answers from now on. */
    public void setScript(Script answers) {
        script = answers;
    }

    /** Which commands it never answers from now on. */
    public void setDeaf(Predicate<VideoCommand> commandsWithoutAnswer) {
        deaf = commandsWithoutAnswer;
    }

    /** Outputs come in the order of the inputs from now on, which is wrong. */
    public void setDecodeOrder() {
        decodeOrder = true;
    }

    /** What it was told to do, in order. */
    public List<VideoCommand> commands() {
        return commands;
    }

    /** Commands of a kind. */
    public <C extends VideoCommand> List<C> commands(Class<C> kind) {
        return commands.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** What it read from guest memory, in order. */
    public List<byte[]> accessUnits() {
        return accessUnits;
    }

    /** Says something of a stream. */
    public void event(VideoEvent event) {
        var now = stream;
        if (now == null) {
            throw new IllegalStateException("nobody has opened the device");
        }
        now.event(event);
    }

    /** Ends as a killed process does. */
    public void kill() {
        server.kill();
    }

    @Override
    public void close() {
        server.close();
    }

    private final class Door extends VideoDeviceGrpc.VideoDeviceImplBase {

        @Override
        public void describe(DescribeRequest request, StreamObserver<DescribeResponse> observer) {
            observer.onNext(DescribeResponse.newBuilder()
                    .setService(server.description(settings))
                    .build());
            observer.onCompleted();
        }

        @Override
        public StreamObserver<CommandStreamRequest> commandStream(StreamObserver<CommandStreamResponse> observer) {
            var made = new FakeStream<>(server.thread(), settings, new VideoDialect(), new DeviceBackend(), observer);
            stream = made;
            return made;
        }
    }

    private final class DeviceBackend implements FakeStream.Backend<VideoCommand, VideoResponse, VideoEvent> {

        private @Nullable FakeMemory memory;
        private @Nullable FakeDecoder decoder;

        @Override
        public StreamOpened opened(OpenStream open) {
            memory = server.memory(open);
            decoder = new FakeDecoder(memory, objects, accessUnits, FakeVideo.this::event, decodeOrder);
            Features features = Features.of(
                    VideoFeature.RESOURCE_GUEST_PAGES,
                    VideoFeature.RESOURCE_NON_CONTIG,
                    VideoFeature.RESOURCE_VIRTIO_OBJECT);
            return new StreamOpened(features, ByteString.EMPTY, 1, settings.bootId());
        }

        @Override
        public void memoryWritten(long address, byte[] data) {
            if (memory != null) {
                memory.write(address, data);
            }
        }

        @Override
        public void execute(VideoCommand command, Answer<VideoResponse> answer) {
            commands.add(command);
            Optional<VideoResponse> scripted = script.apply(command);
            if (scripted.isPresent()) {
                answer.is(scripted.get());
            } else if (decoder != null && !deaf.test(command)) {
                decoder.execute(command, answer);
            }
        }
    }
}
