package dev.crossdev.video.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.media.ReferenceDecode;
import dev.crossdev.video.device.Driver.Answer;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkGetParams;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.video.VideoResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@ParameterizedClass
@EnumSource(TestObjects.Way.class)
class DecodingTest {
    private static final Duration SHORT = Duration.ofMillis(100);

    private final TestObjects.Way way;

    DecodingTest(TestObjects.Way way) {
        this.way = way;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void framesInImportedBuffersEqualTheReference(int outputs) throws Exception {
        Clip clip = Driver.clip(Driver.DEMO);
        ReferenceDecode.Result reference = ReferenceDecode.digest(clip);
        try (Driver driver = new Driver(way)) {
            driver.beginWith(clip);
            List<TestObjects.Exported> objects = IntStream.range(0, outputs)
                    .mapToObj(id -> driver.addOutput(
                            100 + id, clip.info().width(), clip.info().height()))
                    .toList();

            ClipRun.Result result = new ClipRun(driver, clip, 100, objects).run();

            assertThat(result.frames()).isEqualTo(reference.frames());
            assertThat(result.hex()).isEqualTo(reference.hex());
            assertThat(result.timestamps()).isSorted().doesNotHaveDuplicates();
            assertThat(result.types()).contains("I").contains("P").contains("B");
        }
    }

    @Test
    void exportersStrideAndOffsetWinAndPaddingIsNotTouched() throws Exception {
        Clip clip = Driver.clip(Driver.SAMPLE);
        ObjectLayout layout = new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 64, 48, 300, 100, 100 + 48 * 300);
        try (Driver driver = new Driver(way)) {
            driver.beginWith(clip);
            TestObjects.Exported object = driver.objects.export(layout);
            object.pixels().fill((byte) 0x5a);
            driver.ok(Driver.output(100, object.uuid()));

            ClipRun.Result result = new ClipRun(driver, clip, 100, List.of(object)).run();

            assertThat(result.hex()).isEqualTo(ReferenceDecode.digest(clip).hex());
            for (long at = 0; at < layout.size(); at++) {
                long column = at < 100 ? -1 : (at - 100) % 300;
                byte value = object.pixels().get(ValueLayout.JAVA_BYTE, at);
                if (column < 0 || column >= 256) {
                    assertThat(value).as("padding at %d", at).isEqualTo((byte) 0x5a);
                } else if (column % 4 == 3) {
                    assertThat(value).as("alpha at %d", at).isEqualTo((byte) 0xff);
                }
            }
        }
    }

    @Test
    void outputsMayBeScatteredGuestPages() throws Exception {
        Clip clip = Driver.clip(Driver.SAMPLE);
        int bytes = 64 * 48 * 4;
        try (Driver driver = new Driver(way)) {
            driver.ok(new StreamCreate(
                    Driver.STREAM, MemType.GUEST_PAGES, MemType.GUEST_PAGES, VideoFormat.H264.number(), ""));
            driver.ok(Driver.input(0));
            driver.ok(driver.queueInput(0, clip.accessUnits().getFirst().data(), 0));
            long base = TestMemory.BASE + (4 << 20);
            driver.ok(ResourceCreate.singlePlane(
                    Driver.STREAM,
                    QueueType.OUTPUT,
                    5,
                    List.of(
                            ResourceEntry.of(new MemEntry(base + 8192, 4096)),
                            ResourceEntry.of(new MemEntry(base, bytes - 4096)))));
            CompletableFuture<VideoResponse> filled = driver.send(Driver.queueOutput(5));
            driver.post(new StreamDrain(Driver.STREAM));

            assertThat(Driver.await(filled)).isEqualTo(new OkResourceQueue(0, BufferFlags.IFRAME, bytes));
            byte[] first = firstFrame(clip);
            byte[] seen = new byte[bytes];
            System.arraycopy(driver.memory.read(base + 8192, 4096), 0, seen, 0, 4096);
            System.arraycopy(driver.memory.read(base, bytes - 4096), 0, seen, 4096, bytes - 4096);
            assertThat(seen).isEqualTo(first);
        }
    }

    @Test
    void initialResolutionIsToldBeforeTheFirstInputComesBack() {
        Clip clip = Driver.clip(Driver.DEMO);
        try (Driver driver = new Driver(way)) {
            driver.createStream();
            assertThat(outputParams(driver).frameWidth()).isEqualTo(640);
            assertThat(outputParams(driver).frameHeight()).isEqualTo(480);
            driver.ok(Driver.input(0));
            ResourceQueue first =
                    driver.queueInput(0, clip.accessUnits().getFirst().data(), 42);

            driver.ok(first);

            VideoEvent event = new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, Driver.STREAM);
            List<Object> tail = driver.log.subList(driver.log.size() - 2, driver.log.size());
            assertThat(tail).containsExactly(event, new Answer(first, new OkResourceQueue(0, 0, 0)));
            VideoParams params = outputParams(driver);
            assertThat(params.frameWidth()).isEqualTo(clip.info().width());
            assertThat(params.frameHeight()).isEqualTo(clip.info().height());
            assertThat(params.format()).isEqualTo(VideoFormat.BGRA8888.number());
            assertThat(params.planes())
                    .containsExactly(new VideoParams.PlaneFormat(
                            params.frameWidth() * params.frameHeight() * 4, params.frameWidth() * 4));
        }
    }

    @Test
    void resolutionChangeInMidStreamReturnsOutputsThatNoLongerFit() throws Exception {
        Clip small = Driver.clip(Driver.SAMPLE);
        Clip large = Driver.clip(Driver.DEMO);
        try (Driver driver = new Driver(way)) {
            driver.beginWith(small);
            List<TestObjects.Exported> objects = List.of(driver.addOutput(100, 64, 48), driver.addOutput(101, 64, 48));
            List<VideoResponse> last = new CopyOnWriteArrayList<>();
            keepQueueing(driver, 100, last);
            keepQueueing(driver, 101, last);
            for (int unit = 1; unit < 3; unit++) {
                driver.ok(driver.queueInput(0, small.accessUnits().get(unit).data(), unit));
            }
            assertThat(driver.events()).hasSize(1);

            driver.ok(driver.queueInput(0, large.accessUnits().getFirst().data(), 99));
            driver.post(new StreamDrain(Driver.STREAM));

            await().untilAsserted(() -> assertThat(driver.events()).hasSize(2));
            assertThat(last).containsExactly(OkResourceQueue.TAKEN_BACK, OkResourceQueue.TAKEN_BACK);
            assertThat(driver.log.getLast()).isInstanceOf(VideoEvent.class);
            assertThat(outputParams(driver).frameWidth()).isEqualTo(large.info().width());
            assertThat(driver.result(Driver.queueOutput(100))).isEqualTo(VideoResult.ERR_INVALID_PARAMETER);
            assertThat(driver.result(Driver.output(102, objects.getFirst().uuid())))
                    .isEqualTo(VideoResult.ERR_INVALID_PARAMETER);
            TestObjects.Exported fitting =
                    driver.addOutput(103, large.info().width(), large.info().height());
            VideoResponse answer = driver.call(Driver.queueOutput(103));
            assertThat(answer).isInstanceOf(OkResourceQueue.class);
            assertThat(((OkResourceQueue) answer).timestamp()).isEqualTo(99);
            assertThat(fitting.pixels().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(firstFrame(large));
        }
    }

    @Test
    void decoderDoesNotRunAheadOfTheOutputs() {
        Clip clip = Driver.clip(Driver.DEMO);
        try (Driver driver = new Driver(way)) {
            driver.beginWith(clip);
            int consumed = 1;
            CompletableFuture<VideoResponse> last = CompletableFuture.completedFuture(new OkNodata());
            while (consumed < clip.accessUnits().size()) {
                last = driver.send(
                        driver.queueInput(0, clip.accessUnits().get(consumed).data(), consumed));
                try {
                    last.get(300, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    break;
                } catch (InterruptedException | ExecutionException e) {
                    throw new AssertionError(e);
                }
                consumed++;
            }
            // What reordering needs and one picture that is held, not the whole clip.
            assertThat(consumed).isLessThan(24);
            assertThat(last).isNotDone();

            driver.addOutput(100, clip.info().width(), clip.info().height());
            driver.ok(Driver.queueOutput(100));
            assertThat(Driver.await(last)).isEqualTo(new OkResourceQueue(0, 0, 0));
        }
    }

    @Test
    void writeFenceExistsOnlyWhileAPictureIsWritten() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver(way)) {
            driver.createStream();
            driver.ok(Driver.input(0));
            // Queued before the resolution is known, for a size that happens to be the default one.
            TestObjects.Exported early = driver.addOutput(99, 640, 480);
            CompletableFuture<VideoResponse> queued = driver.send(Driver.queueOutput(99));
            assertThat(early.fence().writing()).isFalse();
            driver.ok(driver.queueInput(0, clip.accessUnits().getFirst().data(), 0));
            assertThat(Driver.await(queued)).isEqualTo(OkResourceQueue.TAKEN_BACK);

            TestObjects.Exported object = driver.addOutput(100, 64, 48);
            assertThat(object.fence().tryAcquireRead(3, Duration.ofSeconds(30))).isTrue();
            CompletableFuture<VideoResponse> filled = driver.send(Driver.queueOutput(100));
            driver.post(new StreamDrain(Driver.STREAM));
            // The decoder waits for the reader and lets no new one in.
            await().untilAsserted(() -> assertThat(object.fence().writing()).isTrue());
            assertThat(filled).isNotDone();
            assertThat(isBlank(object.pixels())).isTrue();

            assertThat(object.fence().releaseRead(3)).isTrue();

            assertThat(Driver.await(filled).result()).isEqualTo(VideoResult.OK_RESOURCE_QUEUE);
            assertThat(object.fence().writing()).isFalse();
            assertThat(isBlank(object.pixels())).isFalse();
        }
    }

    @Test
    void readerThatNeverLetsGoFailsTheOutputAndThePictureWaitsForTheNext() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver(way, withFenceWait(SHORT))) {
            driver.beginWith(clip);
            TestObjects.Exported stuck = driver.addOutput(100, 64, 48);
            TestObjects.Exported free = driver.addOutput(101, 64, 48);
            stuck.fence().acquireRead(3, SHORT, Duration.ofSeconds(30));
            CompletableFuture<VideoResponse> failed = driver.send(Driver.queueOutput(100));
            driver.post(new StreamDrain(Driver.STREAM));
            assertThat(Driver.await(failed)).isEqualTo(OkResourceQueue.TAKEN_BACK);
            assertThat(isBlank(stuck.pixels())).isTrue();
            assertThat(stuck.fence().writing()).isFalse();

            VideoResponse answer = driver.call(Driver.queueOutput(101));

            assertThat(((OkResourceQueue) answer).has(BufferFlags.IFRAME)).isTrue();
            assertThat(free.pixels().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(firstFrame(clip));
            stuck.fence().releaseRead(3);
        }
    }

    @Test
    void clearingAnOutputThatWaitsForAFenceDoesNotWaitForIt() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver(way, withFenceWait(Duration.ofSeconds(50)))) {
            driver.beginWith(clip);
            TestObjects.Exported stuck = driver.addOutput(100, 64, 48);
            stuck.fence().acquireRead(3, SHORT, Duration.ofSeconds(55));
            CompletableFuture<VideoResponse> filled = driver.send(Driver.queueOutput(100));
            CompletableFuture<VideoResponse> drained = driver.send(new StreamDrain(Driver.STREAM));
            await().untilAsserted(() -> assertThat(stuck.fence().writing()).isTrue());

            driver.ok(new QueueClear(Driver.STREAM, QueueType.OUTPUT));

            assertThat(filled).isCompletedWithValue(OkResourceQueue.TAKEN_BACK);
            assertThat(drained).isCompletedWithValue(new VideoResponse.Err(VideoResult.ERR_INVALID_OPERATION));
            stuck.fence().releaseRead(3);
            // The picture was not lost.
            assertThat(((OkResourceQueue) driver.call(Driver.queueOutput(100))).has(BufferFlags.IFRAME))
                    .isTrue();
        }
    }

    @Test
    void seekForgetsPicturesAndDecodingStartsAnew() throws Exception {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver(way)) {
            driver.beginWith(clip);
            driver.ok(driver.queueInput(0, clip.accessUnits().get(1).data(), 1));
            driver.ok(new QueueClear(Driver.STREAM, QueueType.INPUT));
            driver.ok(driver.queueInput(
                    0,
                    clip.accessUnits().getFirst().data(),
                    clip.accessUnits().getFirst().timestampMicros()));
            assertThat(driver.events()).hasSize(1);
            TestObjects.Exported object = driver.addOutput(100, 64, 48);

            ClipRun.Result result = new ClipRun(driver, clip, 100, List.of(object)).run();

            assertThat(result.hex()).isEqualTo(ReferenceDecode.digest(clip).hex());
        }
    }

    @Test
    void streamGoesOnAfterADrain() throws Exception {
        Clip clip = Driver.clip(Driver.SAMPLE);
        String reference = ReferenceDecode.digest(clip).hex();
        try (Driver driver = new Driver(way)) {
            driver.beginWith(clip);
            TestObjects.Exported object = driver.addOutput(100, 64, 48);
            assertThat(new ClipRun(driver, clip, 100, List.of(object)).run().hex())
                    .isEqualTo(reference);
            driver.ok(driver.queueInput(0, clip.accessUnits().getFirst().data(), 0));
            assertThat(new ClipRun(driver, clip, 100, List.of(object)).run().hex())
                    .isEqualTo(reference);
        }
    }

    @Test
    void drainOfAnEmptyStreamEndsWithTheNextOutput() {
        try (Driver driver = new Driver(way)) {
            driver.createStream();
            driver.addOutput(100, 640, 480);
            CompletableFuture<VideoResponse> drained = driver.send(new StreamDrain(Driver.STREAM));
            assertThat(drained).isNotDone();
            assertThat(driver.call(Driver.queueOutput(100))).isEqualTo(new OkResourceQueue(0, BufferFlags.EOS, 0));
            assertThat(Driver.await(drained)).isEqualTo(new OkNodata());
        }
    }

    @Test
    void rubbishIsReturnedWithFlagErrAndTheStreamGoesOn() throws Exception {
        Clip clip = Driver.clip(Driver.SAMPLE);
        byte[] rubbish = new byte[4000];
        new Random(1).nextBytes(rubbish);
        try (Driver driver = new Driver(way)) {
            driver.createStream();
            driver.ok(Driver.input(0));
            assertThat(driver.call(driver.queueInput(0, MemorySegment.ofArray(rubbish), 5)))
                    .isEqualTo(OkResourceQueue.TAKEN_BACK);
            assertThat(driver.events()).isEmpty();
            driver.ok(driver.queueInput(0, clip.accessUnits().getFirst().data(), 0));
            TestObjects.Exported object = driver.addOutput(100, 64, 48);
            assertThat(new ClipRun(driver, clip, 100, List.of(object)).run().hex())
                    .isEqualTo(ReferenceDecode.digest(clip).hex());
        }
    }

    @Test
    void anyTimestampComesBackUnchanged() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        for (long timestamp : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
            try (Driver driver = new Driver(way)) {
                driver.createStream();
                driver.ok(Driver.input(0));
                driver.ok(driver.queueInput(0, clip.accessUnits().getFirst().data(), timestamp));
                driver.addOutput(100, 64, 48);
                CompletableFuture<VideoResponse> filled = driver.send(Driver.queueOutput(100));
                driver.post(new StreamDrain(Driver.STREAM));
                assertThat(((OkResourceQueue) Driver.await(filled)).timestamp()).isEqualTo(timestamp);
            }
        }
    }

    /** Queues an output again whenever it was filled; keeps the answer that was something else. */
    private static void keepQueueing(Driver driver, int id, List<VideoResponse> last) {
        driver.device.submit(Driver.queueOutput(id), response -> {
            if (response instanceof OkResourceQueue filled && !filled.has(BufferFlags.ERR)) {
                keepQueueing(driver, id, last);
            } else {
                last.add(response);
            }
        });
    }

    private static VideoParams outputParams(Driver driver) {
        return ((OkGetParams) driver.call(new GetParams(Driver.STREAM, QueueType.OUTPUT))).params();
    }

    private static DecoderLimits withFenceWait(Duration wait) {
        DecoderLimits d = DecoderLimits.DEFAULT;
        return new DecoderLimits(
                d.streams(),
                d.buffers(),
                d.inputBytes(),
                d.maxWidth(),
                d.maxHeight(),
                wait,
                d.fenceHold(),
                d.stopWait());
    }

    private static boolean isBlank(MemorySegment pixels) {
        return MemorySegment.ofArray(new byte[(int) pixels.byteSize()]).mismatch(pixels) < 0;
    }

    private static byte[] firstFrame(Clip clip) {
        List<byte[]> frames = new ArrayList<>();
        try {
            ReferenceDecode.forEachFrame(clip, (_, pixels) -> {
                if (frames.isEmpty()) {
                    frames.add(pixels.toArray(ValueLayout.JAVA_BYTE));
                }
            });
        } catch (MediaException e) {
            throw new AssertionError(e);
        }
        return frames.getFirst();
    }
}
