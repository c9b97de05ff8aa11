package dev.crossdev.video.app;

import static dev.crossdev.virtio.video.QueueType.INPUT;
import static dev.crossdev.virtio.video.QueueType.OUTPUT;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.Descriptions;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.client.VideoStream;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.grpc.dialect.StreamMemory;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.media.AccessUnit;
import dev.crossdev.media.Clip;
import dev.crossdev.media.FrameDigest;
import dev.crossdev.media.ReferenceDecode;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.video.v1.EventType;
import dev.crossdev.proto.video.v1.ExecuteRequest;
import dev.crossdev.proto.video.v1.ExecuteResponse;
import dev.crossdev.proto.video.v1.Format;
import dev.crossdev.proto.video.v1.MemEntry;
import dev.crossdev.proto.video.v1.MemoryType;
import dev.crossdev.proto.video.v1.PlaneMemory;
import dev.crossdev.proto.video.v1.PlanesLayout;
import dev.crossdev.proto.video.v1.QueueType;
import dev.crossdev.proto.video.v1.ResourceCreate;
import dev.crossdev.proto.video.v1.ResourceQueue;
import dev.crossdev.proto.video.v1.StreamCreate;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.proto.video.v1.VideoResult;
import dev.crossdev.video.objects.TestExporter;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.video.VideoWire;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@QuarkusTest
@TestProfile(VideoServiceProfile.class)
@Timeout(60)
class VideoServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Path SAMPLE = Path.of("../media/src/test/resources/sample-64x48.h264");
    private static final List<MemoryRegion> REGIONS = List.of(new MemoryRegion(0, 1 << 20));
    private static final int INPUT_BYTES = 64 << 10;
    private static final AtomicInteger NAMES = new AtomicInteger();

    @Inject
    GrpcServer server;

    @Inject
    @ConfigProperty(name = "crossdev.video.gpu-service")
    String gpuService;

    @Inject
    HttpServer http;

    @TempDir
    Path folder;

    private ManagedChannel channel;
    private TestExporter exporter;
    private final String device = "video" + NAMES.incrementAndGet();

    @BeforeEach
    void start() {
        exporter = new TestExporter(folder, HostPort.parse(gpuService).port());
        channel = Channels.plaintext("127.0.0.1", server.getPort());
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        exporter.close();
    }

    @Test
    void wholeClipIsDecodedIntoAnotherServicesObjectsThroughAWindow() throws Exception {
        OpenStream open = OpenStream.of("default", device).withMemory(new StreamMemory.Window(REGIONS));
        Events events = new Events();
        try (DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream =
                VideoStream.open(channel, open, events, PATIENCE)) {
            decode(stream, events, (address, data) -> stream.writeMemory(address, data));
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(exporter.attachments).isEmpty());
    }

    @Test
    void wholeClipIsDecodedIntoAnotherServicesObjectsFromSharedGuestMemory() throws Exception {
        ServiceInfo info = Descriptions.video(channel, PATIENCE);
        assertThat(info.isSameMachine()).isTrue();
        try (SharedMemory memory = SharedMemory.create("guest", 1 << 20);
                DescriptorClient socket =
                        DescriptorClient.connect(info.descriptorSocket().orElseThrow(), PATIENCE)) {
            ByteString token = ByteString.copyFrom(socket.put(memory).bytes());
            OpenStream open = OpenStream.of("default", device).withMemory(new StreamMemory.Descriptor(token, REGIONS));
            Events events = new Events();
            try (DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream =
                    VideoStream.open(channel, open, events, PATIENCE)) {
                decode(
                        stream,
                        events,
                        (address, data) -> MemorySegment.copy(
                                MemorySegment.ofArray(data.toByteArray()), 0, memory.segment(), address, data.size()));
            }
        }
    }

    @Test
    void rawDoorCarriesTheBytesOfBothQueues() throws Exception {
        OpenStream open = OpenStream.of("default", device).withMemory(new StreamMemory.Window(REGIONS));
        Clip clip = Clip.open(SAMPLE);
        ByteString unit = bytes(clip.accessUnits().getFirst());
        try (var stream = RawStream.openVideo(channel, open, new StreamListener<>() {}, PATIENCE)) {
            var event = stream.submit(new RawChain(1, ByteString.EMPTY, VideoWire.EVENT_BYTES));
            for (VideoCommand command : List.of(
                    new VideoCommand.StreamCreate(
                            1, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, VideoFormat.H264.number(), "raw"),
                    VideoCommand.ResourceCreate.singlePlane(
                            1,
                            INPUT,
                            1,
                            List.of(ResourceEntry.of(new dev.crossdev.virtio.memory.MemEntry(4096, INPUT_BYTES)))))) {
                assertThat(raw(stream, command)).isEqualTo(ByteString.copyFrom(new byte[] {0, 2, 0, 0, 0, 0, 0, 0}));
            }
            stream.writeMemory(4096, unit);
            ByteString consumed = raw(stream, new VideoCommand.ResourceQueue(1, INPUT, 1, 77, List.of(unit.size())));
            assertThat(consumed.size()).isEqualTo(24);
            assertThat(consumed.byteAt(0)).isEqualTo((byte) 2);
            // DECODER_RESOLUTION_CHANGED of stream 1.
            assertThat(await(event)).isEqualTo(ByteString.copyFrom(new byte[] {0, 2, 0, 0, 1, 0, 0, 0}));
            // Bytes that are no command get 0x300 and the stream goes on.
            assertThat(await(stream.submit(new RawChain(0, ByteString.copyFrom(new byte[5]), 64)))
                            .substring(0, 2))
                    .isEqualTo(ByteString.copyFrom(new byte[] {0, 3}));
            assertThat(raw(stream, new VideoCommand.StreamDestroy(1)).byteAt(1)).isEqualTo((byte) 2);
        }
    }

    @Test
    void singleCommandsServePeopleAndEventsComeWithTheNext() throws Exception {
        ByteString unit = bytes(Clip.open(SAMPLE).accessUnits().getFirst());
        ok(execute(command()
                .setStreamCreate(StreamCreate.newBuilder()
                        .setOutMemType(MemoryType.MEMORY_TYPE_VIRTIO_OBJECT)
                        .setCodedFormat(Format.FORMAT_H264))));
        ok(execute(command()
                .setResourceCreate(ResourceCreate.newBuilder()
                        .setQueueType(QueueType.QUEUE_TYPE_INPUT)
                        .setPlanesLayout(PlanesLayout.PLANES_LAYOUT_SINGLE_BUFFER)
                        .addPlaneOffsets(0)
                        .addPlanes(PlaneMemory.newBuilder()
                                .addEntries(
                                        MemEntry.newBuilder().setAddress(4096).setLength(INPUT_BYTES))))));
        video().execute(request()
                .setMemoryWrite(MemoryWrite.newBuilder().setAddress(4096).setData(unit))
                .build());
        ExecuteResponse queued = execute(command()
                .setResourceQueue(ResourceQueue.newBuilder()
                        .setQueueType(QueueType.QUEUE_TYPE_INPUT)
                        .addDataSizes(unit.size())));
        assertThat(queued.getCompletion().getResult()).isEqualTo(VideoResult.VIDEO_RESULT_OK_RESOURCE_QUEUE);
        ExecuteResponse created = execute(create(exporter.export()));
        ok(created);
        assertThat(Stream.of(queued, created)
                        .flatMap(response -> response.getEventsList().stream())
                        .map(dev.crossdev.proto.video.v1.VideoEvent::getType))
                .containsExactly(EventType.EVENT_TYPE_DECODER_RESOLUTION_CHANGED);
        assertThat(exporter.attachments).hasSize(1);
    }

    @Test
    void importsAreOnTheMeterByOutcome() throws Exception {
        double zeroBefore = count("zero_uuid", "none");
        double unknownBefore = count("unknown_uuid", "none");
        double okBefore = count("ok", "shm");
        ok(execute(command()
                .setStreamCreate(StreamCreate.newBuilder()
                        .setOutMemType(MemoryType.MEMORY_TYPE_VIRTIO_OBJECT)
                        .setCodedFormat(Format.FORMAT_H264))));
        assertThat(execute(create(new UUID(0, 0))).getCompletion().getResult())
                .isEqualTo(VideoResult.VIDEO_RESULT_ERR_INVALID_OPERATION);
        assertThat(execute(create(UUID.randomUUID())).getCompletion().getResult())
                .isEqualTo(VideoResult.VIDEO_RESULT_ERR_INVALID_OPERATION);
        // Reached, although it then does not fit the stream's 640x480.
        assertThat(execute(create(exporter.export())).getCompletion().getResult())
                .isEqualTo(VideoResult.VIDEO_RESULT_ERR_INVALID_PARAMETER);
        assertThat(count("zero_uuid", "none")).isEqualTo(zeroBefore + 1);
        assertThat(count("unknown_uuid", "none")).isEqualTo(unknownBefore + 1);
        assertThat(count("ok", "shm")).isEqualTo(okBefore + 1);
        assertThat(scrape())
                .contains("virtio_object_import_seconds_bucket{")
                .contains("virtio_command_seconds_bucket{")
                .contains("virtio_buffers{");
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(exporter.attachments).isEmpty());
    }

    @Test
    void callersDeadlineIsSeenByTheCallMadeOnward() {
        ok(execute(command()
                .setStreamCreate(StreamCreate.newBuilder()
                        .setOutMemType(MemoryType.MEMORY_TYPE_VIRTIO_OBJECT)
                        .setCodedFormat(Format.FORMAT_H264))));
        UUID uuid = exporter.export();
        exporter.silent = true;
        // The onward call ends at the same moment as the caller's own: whoever is first, nobody waits longer.
        try {
            ExecuteResponse answer = VideoDeviceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(700, TimeUnit.MILLISECONDS)
                    .execute(request().setCommand(create(uuid)).build());
            assertThat(answer.getCompletion().getResult()).isEqualTo(VideoResult.VIDEO_RESULT_ERR_INVALID_OPERATION);
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }
        assertThat(exporter.deadlinesMillis).hasSize(1).allMatch(millis -> millis > 0 && millis <= 700);
    }

    private interface MemoryWriter {
        void write(long address, ByteString data);
    }

    /** What the stream says beside its answers. */
    private static final class Events implements StreamListener<VideoEvent> {
        final List<VideoEvent> events = new CopyOnWriteArrayList<>();

        @Override
        public void event(VideoEvent event) {
            events.add(event);
        }
    }

    private void decode(
            DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream, Events events, MemoryWriter memory)
            throws Exception {
        Clip clip = Clip.open(SAMPLE);
        ok(
                stream,
                new VideoCommand.StreamCreate(
                        1, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, VideoFormat.H264.number(), "typed"));
        BlockingQueue<Integer> free = new LinkedBlockingQueue<>();
        for (int id = 0; id < 3; id++) {
            ok(
                    stream,
                    VideoCommand.ResourceCreate.singlePlane(
                            1,
                            INPUT,
                            id,
                            List.of(ResourceEntry.of(
                                    new dev.crossdev.virtio.memory.MemEntry((long) id * INPUT_BYTES, INPUT_BYTES)))));
            free.add(id);
        }
        CompletableFuture<Void> started = new CompletableFuture<>();
        FrameDigest digest = new FrameDigest();
        CompletableFuture<OkResourceQueue> end = new CompletableFuture<>();
        boolean outputsThere = false;
        for (AccessUnit unit : clip.accessUnits()) {
            Integer id = free.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(id).as("an input came back").isNotNull();
            ByteString data = bytes(unit);
            memory.write((long) id * INPUT_BYTES, data);
            var _ = stream.submit(
                            new VideoCommand.ResourceQueue(1, INPUT, id, unit.timestampMicros(), List.of(data.size())))
                    .thenAccept(_ -> {
                        free.add(id);
                        started.complete(null);
                    });
            if (!outputsThere) {
                outputsThere = true;
                started.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(events.events).containsExactly(new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, 1));
                for (int out = 10; out < 12; out++) {
                    UUID uuid = exporter.export();
                    ok(
                            stream,
                            VideoCommand.ResourceCreate.singlePlane(1, OUTPUT, out, List.of(ResourceEntry.of(uuid))));
                    queue(stream, out, exporter.object(uuid), digest, end);
                }
            }
        }
        CompletableFuture<Completion<VideoResponse>> drained = stream.submit(new VideoCommand.StreamDrain(1));
        assertThat(await(end, PATIENCE)).isEqualTo(new OkResourceQueue(0, BufferFlags.EOS, 0));
        assertThat(await(drained)).isEqualTo(new VideoResponse.OkNodata());
        assertThat(digest.hex()).isEqualTo(ReferenceDecode.digest(clip).hex());
    }

    private static void queue(
            DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream,
            int id,
            TestExporter.Exported object,
            FrameDigest digest,
            CompletableFuture<OkResourceQueue> end) {
        var _ = stream.submit(new VideoCommand.ResourceQueue(1, OUTPUT, id, 0, List.of(0)))
                .thenAccept(completion -> {
                    if (!(completion.response() instanceof OkResourceQueue filled)) {
                        end.completeExceptionally(new AssertionError(completion.response()));
                    } else if (filled.has(BufferFlags.EOS) || filled.has(BufferFlags.ERR)) {
                        end.complete(filled);
                    } else {
                        digest.update(object.memory().slice(TestExporter.Exported.OFFSET, TestExporter.BYTES));
                        queue(stream, id, object, digest, end);
                    }
                });
    }

    private static void ok(DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream, VideoCommand command) {
        assertThat(await(stream.submit(command))).as("%s", command).isEqualTo(new VideoResponse.OkNodata());
    }

    private static void ok(ExecuteResponse response) {
        assertThat(response.getCompletion().getResult()).isEqualTo(VideoResult.VIDEO_RESULT_OK_NODATA);
    }

    private static ByteString raw(DeviceStream<RawChain, ByteString, ?> stream, VideoCommand command) {
        return await(stream.submit(new RawChain(0, ByteString.copyFrom(VideoWire.encodeCommand(command)), 1024)));
    }

    private static <R> R await(CompletableFuture<Completion<R>> completion) {
        return completion
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join()
                .response();
    }

    private static OkResourceQueue await(CompletableFuture<OkResourceQueue> answer, Duration patience) {
        return answer.orTimeout(patience.toSeconds(), TimeUnit.SECONDS).join();
    }

    private static ByteString bytes(AccessUnit unit) {
        return ByteString.copyFrom(unit.data().asByteBuffer());
    }

    private VideoDeviceGrpc.VideoDeviceBlockingStub video() {
        return VideoDeviceGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private ExecuteRequest.Builder request() {
        return ExecuteRequest.newBuilder().setDevice(device);
    }

    private static dev.crossdev.proto.video.v1.VideoCommand.Builder command() {
        return dev.crossdev.proto.video.v1.VideoCommand.newBuilder();
    }

    private static dev.crossdev.proto.video.v1.VideoCommand.Builder create(UUID uuid) {
        return command()
                .setResourceCreate(ResourceCreate.newBuilder()
                        .setQueueType(QueueType.QUEUE_TYPE_OUTPUT)
                        .setResourceId(7)
                        .setPlanesLayout(PlanesLayout.PLANES_LAYOUT_SINGLE_BUFFER)
                        .addPlaneOffsets(0)
                        .addPlanes(PlaneMemory.newBuilder().addObjects(Uuids.toProto(uuid))));
    }

    private ExecuteResponse execute(dev.crossdev.proto.video.v1.VideoCommand.Builder command) {
        return video().execute(request().setCommand(command).build());
    }

    private double count(String outcome, String path) throws IOException, InterruptedException {
        String line = "virtio_object_import_seconds_count{outcome=\"" + outcome + "\",path=\"" + path + "\"";
        return scrape().lines()
                .filter(each -> each.startsWith(line))
                .mapToDouble(each -> Double.parseDouble(each.substring(each.lastIndexOf(' ') + 1)))
                .sum();
    }

    private String scrape() throws IOException, InterruptedException {
        URI metrics = URI.create("http://127.0.0.1:" + http.getManagementPort() + "/q/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    client.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            return response.body();
        }
    }
}
