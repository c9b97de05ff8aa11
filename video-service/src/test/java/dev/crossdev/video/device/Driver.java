package dev.crossdev.video.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A guest's driver of one decoder, for tests: sends commands and keeps everything that comes back, in order. */
final class Driver implements AutoCloseable {
    static final Path DEMO = Path.of("../clips/demo.mp4");
    static final Path SAMPLE = Path.of("../media/src/test/resources/sample-64x48.h264");

    static final int STREAM = 1;

    /** Where input buffer n lies, and how long it is. */
    static final int INPUT_BYTES = 256 << 10;

    final TestObjects objects;
    final TestMemory memory = new TestMemory(8 << 20);
    final VideoDecoderDevice device;

    /** {@link Answer}s and {@link VideoEvent}s in the order in which they came. */
    final List<Object> log = new CopyOnWriteArrayList<>();

    /** What answered a command. */
    record Answer(VideoCommand command, VideoResponse response) {}

    Driver() {
        this(DecoderLimits.DEFAULT);
    }

    Driver(DecoderLimits limits) {
        this(limits, VideoDecoderDevice.OFFERED);
    }

    Driver(TestObjects.Way way) {
        this(way, DecoderLimits.DEFAULT);
    }

    Driver(TestObjects.Way way, DecoderLimits limits) {
        this(way, limits, VideoDecoderDevice.OFFERED);
    }

    Driver(DecoderLimits limits, Features accepted) {
        this(TestObjects.Way.MAPPED, limits, accepted);
    }

    private Driver(TestObjects.Way way, DecoderLimits limits, Features accepted) {
        objects = new TestObjects(way);
        device = new VideoDecoderDevice("default", "video0", accepted, memory, objects, limits, log::add);
    }

    static Clip clip(Path path) {
        try {
            return Clip.open(path);
        } catch (MediaException e) {
            throw new AssertionError(e);
        }
    }

    CompletableFuture<VideoResponse> send(VideoCommand command) {
        CompletableFuture<VideoResponse> answer = new CompletableFuture<>();
        device.submit(command, response -> {
            log.add(new Answer(command, response));
            assertThat(answer.complete(response)).as("answered once").isTrue();
        });
        return answer;
    }

    /** Sends without waiting for the answer, which is in the log. */
    void post(VideoCommand command) {
        device.submit(command, response -> log.add(new Answer(command, response)));
    }

    VideoResponse call(VideoCommand command) {
        return await(send(command));
    }

    VideoResult result(VideoCommand command) {
        return call(command).result();
    }

    void ok(VideoCommand command) {
        VideoResponse response = call(command);
        assertThat(response.isError()).as("%s answered %s", command, response).isFalse();
    }

    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    static long address(int input) {
        return TestMemory.BASE + (long) input * INPUT_BYTES;
    }

    void createStream() {
        ok(new StreamCreate(STREAM, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, VideoFormat.H264.number(), "test"));
    }

    static ResourceCreate input(int id) {
        return ResourceCreate.singlePlane(
                STREAM, QueueType.INPUT, id, List.of(ResourceEntry.of(new MemEntry(address(id), INPUT_BYTES))));
    }

    static ResourceCreate output(int id, UUID uuid) {
        return ResourceCreate.singlePlane(STREAM, QueueType.OUTPUT, id, List.of(ResourceEntry.of(uuid)));
    }

    static ResourceQueue queueOutput(int id) {
        return new ResourceQueue(STREAM, QueueType.OUTPUT, id, 0, List.of(0));
    }

    /** Puts an access unit into an input buffer. */
    ResourceQueue queueInput(int id, MemorySegment unit, long timestamp) {
        memory.write(address(id), unit);
        return new ResourceQueue(STREAM, QueueType.INPUT, id, timestamp, List.of(Math.toIntExact(unit.byteSize())));
    }

    /** A stream with one input buffer, and the clip's first access unit decoded. */
    void beginWith(Clip clip) {
        createStream();
        ok(input(0));
        ok(queueInput(
                0,
                clip.accessUnits().getFirst().data(),
                clip.accessUnits().getFirst().timestampMicros()));
    }

    TestObjects.Exported addOutput(int id, int width, int height) {
        TestObjects.Exported object = objects.export(width, height);
        ok(output(id, object.uuid()));
        return object;
    }

    List<VideoEvent> events() {
        return log.stream()
                .filter(VideoEvent.class::isInstance)
                .map(VideoEvent.class::cast)
                .toList();
    }

    @Override
    public void close() {
        device.close();
        assertThat(objects.holds()).as("objects still held after close").isZero();
        assertThat(objects.anyFence()).as("fences left after close").isFalse();
        objects.close();
    }
}
