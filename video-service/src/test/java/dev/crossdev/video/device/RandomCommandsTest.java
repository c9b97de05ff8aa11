package dev.crossdev.video.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.media.Clip;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.QueryControl;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.SetParams;
import dev.crossdev.virtio.video.VideoCommand.SetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoCommand.Unsupported;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoParams.Crop;
import dev.crossdev.virtio.video.VideoParams.PlaneFormat;
import dev.crossdev.virtio.video.VideoResponse;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Drivers that do anything at all, with sane and mutilated bitstream: every command ends and nothing is left behind. */
@Timeout(120)
class RandomCommandsTest {
    private static final int COMMANDS = 1500;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void everyCommandIsAnsweredOnceTheStreamsAreDestroyed(long seed) {
        Random random = new Random(seed);
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver()) {
            List<UUID> uuids = new ArrayList<>(List.of(new UUID(0, 0), UUID.randomUUID()));
            for (int i = 0; i < 4; i++) {
                uuids.add(driver.objects.export(64, 48).uuid());
                uuids.add(driver.objects.export(640, 480).uuid());
            }
            List<CompletableFuture<VideoResponse>> answers = new ArrayList<>();
            for (int i = 0; i < COMMANDS; i++) {
                answers.add(driver.send(command(random, driver, clip, uuids)));
                if (random.nextInt(400) == 0) {
                    driver.device.reset();
                    // What was pending is dropped, so only what comes from here on must be answered.
                    answers.clear();
                }
            }
            for (int stream = 0; stream < 3; stream++) {
                answers.add(driver.send(new StreamDestroy(stream)));
            }
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(answers).allMatch(CompletableFuture::isDone));
            assertThat(driver.device.usage().resources()).isZero();
            assertThat(driver.objects.holds()).isZero();
            assertThat(driver.objects.anyFence()).isFalse();
        }
    }

    private static VideoCommand command(Random random, Driver driver, Clip clip, List<UUID> uuids) {
        int stream = random.nextInt(3);
        QueueType queue = random.nextInt(3) == 0 ? QueueType.INPUT : QueueType.OUTPUT;
        int id = random.nextInt(4);
        return switch (random.nextInt(40)) {
            case 0, 1, 2 ->
                new StreamCreate(
                        stream,
                        MemType.GUEST_PAGES,
                        random.nextInt(4) == 0 ? MemType.GUEST_PAGES : MemType.VIRTIO_OBJECT,
                        VideoFormat.H264.number(),
                        "");
            case 3 -> new StreamDestroy(stream);
            case 4, 5 -> new StreamDrain(stream);
            case 6 -> new QueueClear(stream, queue);
            case 7 -> new ResourceDestroyAll(stream, queue);
            case 8 -> new GetParams(stream, queue);
            case 9 -> new SetParams(stream, params(random, queue));
            case 10 ->
                new SetParamsExt(
                        stream,
                        params(random, queue),
                        random.nextBoolean() ? MemType.GUEST_PAGES : MemType.VIRTIO_OBJECT);
            case 11 -> new QueryControl(stream, random.nextInt(9), random.nextInt(0x1010));
            case 12 -> new Unsupported(stream, random.nextInt());
            case 13, 14, 15, 16, 17 ->
                ResourceCreate.singlePlane(
                        stream,
                        QueueType.INPUT,
                        id,
                        List.of(ResourceEntry.of(new MemEntry(
                                Driver.address(id), random.nextInt(20) == 0 ? random.nextInt() : Driver.INPUT_BYTES))));
            case 18, 19, 20, 21, 22, 23, 24 ->
                ResourceCreate.singlePlane(
                        stream,
                        QueueType.OUTPUT,
                        id,
                        List.of(ResourceEntry.of(uuids.get(random.nextInt(uuids.size())))));
            case 25, 26, 27, 28, 29, 30, 31 ->
                new ResourceQueue(stream, QueueType.OUTPUT, id, random.nextLong(), List.of(0));
            default -> {
                byte[] unit = clip.accessUnits()
                        .get(random.nextInt(clip.accessUnits().size()))
                        .data()
                        .toArray(ValueLayout.JAVA_BYTE);
                for (int flips = random.nextInt(3); flips > 0; flips--) {
                    unit[random.nextInt(unit.length)] ^= (byte) (1 << random.nextInt(8));
                }
                driver.memory.write(Driver.address(id), MemorySegment.ofArray(unit));
                yield new ResourceQueue(
                        stream,
                        QueueType.INPUT,
                        id,
                        random.nextLong(),
                        List.of(random.nextInt(30) == 0 ? random.nextInt() : unit.length));
            }
        };
    }

    private static VideoParams params(Random random, QueueType queue) {
        return new VideoParams(
                queue,
                random.nextBoolean()
                        ? (queue == QueueType.INPUT ? VideoFormat.H264 : VideoFormat.BGRA8888).number()
                        : random.nextInt(0x1010),
                random.nextInt(),
                random.nextInt(),
                0,
                0,
                Crop.NONE,
                0,
                random.nextBoolean() ? List.of() : List.of(new PlaneFormat(random.nextInt(1 << 20), 0)));
    }
}
