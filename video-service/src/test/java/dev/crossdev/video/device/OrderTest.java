package dev.crossdev.video.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.media.Clip;
import dev.crossdev.video.device.Driver.Answer;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.QueryCapability;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.Err;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.video.VideoResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is answered before what, what waits for what, and what is let go of when. */
@Timeout(60)
class OrderTest {
    private final Set<Thread> decodersBefore = decoders().collect(Collectors.toSet());

    private static final int S = Driver.STREAM;
    private static final VideoResponse CANCELLED_COMMAND = new Err(VideoResult.ERR_INVALID_OPERATION);

    /** What takes everything of a stream away. */
    enum Taking {
        DESTROY_OUTPUTS,
        CLEAR_OUTPUTS,
        DESTROY_STREAM;

        VideoCommand command() {
            return switch (this) {
                case DESTROY_OUTPUTS -> new ResourceDestroyAll(S, QueueType.OUTPUT);
                case CLEAR_OUTPUTS -> new QueueClear(S, QueueType.OUTPUT);
                case DESTROY_STREAM -> new StreamDestroy(S);
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Taking.class)
    void pendingCommandsAreAnsweredBeforeTheCommandThatCancelsThem(Taking taking) {
        try (Driver driver = new Driver()) {
            driver.createStream();
            driver.ok(Driver.input(0));
            driver.addOutput(50, 640, 480);
            driver.addOutput(51, 640, 480);
            driver.post(Driver.queueOutput(50));
            driver.post(Driver.queueOutput(51));
            // A picture of another size takes neither, so both stay pending.
            driver.log.clear();
            driver.ok(taking.command());
            assertThat(driver.log)
                    .containsExactly(
                            new Answer(Driver.queueOutput(50), OkResourceQueue.TAKEN_BACK),
                            new Answer(Driver.queueOutput(51), OkResourceQueue.TAKEN_BACK),
                            new Answer(taking.command(), new OkNodata()));
        }
    }

    @ParameterizedTest
    @EnumSource(Taking.class)
    void pendingDrainIsAnInvalidOperationBeforeTheCommandThatCancelsIt(Taking taking) {
        try (Driver driver = new Driver()) {
            driver.createStream();
            driver.ok(Driver.input(0));
            driver.post(new StreamDrain(S));
            driver.log.clear();
            driver.ok(taking.command());
            assertThat(driver.log)
                    .containsExactly(
                            new Answer(new StreamDrain(S), CANCELLED_COMMAND),
                            new Answer(taking.command(), new OkNodata()));
        }
    }

    @Test
    void destroyAllLetsGoOfObjectsBeforeItAnswers() {
        try (Driver driver = new Driver()) {
            driver.createStream();
            TestObjects.Exported object = driver.addOutput(50, 640, 480);
            assertThat(object.holds()).hasValue(1);
            driver.device.submit(new ResourceDestroyAll(S, QueueType.OUTPUT), response -> {
                driver.log.add(object.holds().get());
                driver.log.add(response);
            });
            assertThat(driver.log).endsWith(0, new OkNodata());
            assertThat(driver.result(Driver.queueOutput(50))).isEqualTo(VideoResult.ERR_INVALID_RESOURCE_ID);
        }
    }

    @Test
    void sameResourceIdReplacesTheObjectAndLetsGoOfTheOldOne() {
        try (Driver driver = new Driver()) {
            driver.createStream();
            TestObjects.Exported first = driver.addOutput(50, 640, 480);
            TestObjects.Exported second = driver.addOutput(50, 640, 480);
            assertThat(first.holds()).hasValue(0);
            assertThat(second.holds()).hasValue(1);
            // A failed one leaves what was there.
            assertThat(driver.result(Driver.output(50, UUID.randomUUID())))
                    .isEqualTo(VideoResult.ERR_INVALID_OPERATION);
            assertThat(second.holds()).hasValue(1);
            assertThat(driver.device.usage().resources()).isEqualTo(1);
        }
    }

    @Test
    void objectThatDoesNotFitIsRefusedBeforeAByteIsWrittenAndLetGoOf() {
        List<ObjectLayout> misfits = List.of(
                new ObjectLayout(PixelFormat.R8G8B8A8_UNORM.number(), 640, 480, 2560, 0, 2560 * 480),
                new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 640, 479, 2560, 0, 2560 * 480),
                new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 1280, 480, 5120, 0, 5120 * 480),
                new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 640, 480, 2559, 0, 2560 * 480),
                new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 640, 480, 2560, 4, 2560 * 480),
                new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 640, 480, 2560, -4, 2560 * 480),
                new ObjectLayout(PixelFormat.B8G8R8A8_UNORM.number(), 640, 480, -2560, 0, 2560 * 480));
        try (Driver driver = new Driver()) {
            driver.createStream();
            for (ObjectLayout misfit : misfits) {
                TestObjects.Exported object = driver.objects.export(misfit);
                assertThat(driver.result(Driver.output(50, object.uuid())))
                        .as("%s", misfit)
                        .isEqualTo(VideoResult.ERR_INVALID_PARAMETER);
                assertThat(object.holds()).as("%s", misfit).hasValue(0);
            }
            assertThat(driver.device.usage().resources()).isZero();
        }
    }

    @Test
    void importsRunSideBySideAndAreAnsweredInOrderAndOthersWaitForThem() {
        try (Driver driver = new Driver()) {
            driver.createStream();
            driver.objects.gate();
            List<UUID> uuids = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                uuids.add(driver.objects.export(640, 480).uuid());
            }
            List<CompletableFuture<VideoResponse>> created = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                created.add(driver.send(Driver.output(50 + i, uuids.get(i))));
            }
            CompletableFuture<VideoResponse> params = driver.send(new GetParams(S, QueueType.OUTPUT));
            CompletableFuture<VideoResponse> capability = driver.send(new QueryCapability(QueueType.INPUT));
            assertThat(driver.objects.waiting()).as("attaches under way").isEqualTo(3);
            driver.log.clear();

            driver.objects.answer(2);
            driver.objects.answer(1);
            assertThat(driver.log).isEmpty();
            driver.objects.answer(0);

            assertThat(driver.log)
                    .containsExactly(
                            new Answer(Driver.output(50, uuids.get(0)), new OkNodata()),
                            new Answer(Driver.output(51, uuids.get(1)), new OkNodata()),
                            new Answer(Driver.output(52, uuids.get(2)), new OkNodata()),
                            new Answer(new GetParams(S, QueueType.OUTPUT), Driver.await(params)),
                            new Answer(new QueryCapability(QueueType.INPUT), Driver.await(capability)));
            assertThat(created).allMatch(CompletableFuture::isDone);
        }
    }

    @Test
    void importThatComesAfterAResetIsLetGoOf() {
        try (Driver driver = new Driver()) {
            driver.createStream();
            driver.objects.gate();
            UUID uuid = driver.objects.export(640, 480).uuid();
            CompletableFuture<VideoResponse> created = driver.send(Driver.output(50, uuid));
            driver.device.reset();
            driver.objects.answer(0);
            assertThat(driver.objects.holds()).isZero();
            assertThat(created).isNotDone();
            assertThat(driver.result(new GetParams(S, QueueType.OUTPUT))).isEqualTo(VideoResult.ERR_INVALID_STREAM_ID);
        }
    }

    @Test
    void resetInTheMiddleOfDecodingIsTotalAndNothingOlderFollows() {
        Clip clip = Driver.clip(Driver.DEMO);
        try (Driver driver = new Driver()) {
            driver.beginWith(clip);
            TestObjects.Exported object =
                    driver.addOutput(50, clip.info().width(), clip.info().height());
            driver.ok(Driver.input(1));
            for (int round = 0; round < 20; round++) {
                driver.post(Driver.queueOutput(50));
                driver.post(driver.queueInput(1, clip.accessUnits().getFirst().data(), round));
                driver.post(new StreamDrain(S));
                driver.device.reset();
                int then = driver.log.size();
                assertThat(object.holds()).hasValue(0);
                assertThat(object.fence().writing()).isFalse();
                assertThat(driver.device.usage().resources()).isZero();
                assertThat(decoderThreads()).isZero();
                assertThat(driver.log).hasSize(then);
                driver.createStream();
                driver.ok(Driver.input(1));
                driver.ok(driver.queueInput(1, clip.accessUnits().getFirst().data(), 0));
                driver.ok(Driver.output(50, object.uuid()));
            }
        }
    }

    @Test
    void resetEndsAWaitForSomebodysFence() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        DecoderLimits d = DecoderLimits.DEFAULT;
        DecoderLimits patient = new DecoderLimits(
                d.streams(),
                d.buffers(),
                d.inputBytes(),
                d.maxWidth(),
                d.maxHeight(),
                Duration.ofSeconds(50),
                d.fenceHold(),
                d.stopWait());
        try (Driver driver = new Driver(patient)) {
            driver.beginWith(clip);
            TestObjects.Exported object = driver.addOutput(50, 64, 48);
            object.fence().acquireRead(3, Duration.ofSeconds(1), Duration.ofSeconds(55));
            driver.post(Driver.queueOutput(50));
            driver.post(new StreamDrain(S));
            await().untilAsserted(() -> assertThat(object.fence().writing()).isTrue());
            long before = System.nanoTime();
            driver.device.reset();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
            assertThat(object.holds()).hasValue(0);
            assertThat(object.fence().writing()).isFalse();
            object.fence().releaseRead(3);
        }
    }

    @Test
    void commandsDuringAClearAreRefusedAndOthersWaitForIt() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver()) {
            driver.beginWith(clip);
            driver.addOutput(50, 64, 48);
            driver.ok(Driver.input(1));
            // The decoder's thread is kept inside an answer, so that the clear stays under way.
            CompletableFuture<Void> held = new CompletableFuture<>();
            CompletableFuture<Void> entered = new CompletableFuture<>();
            driver.device.submit(driver.queueInput(0, clip.accessUnits().get(1).data(), 1), response -> {
                entered.complete(null);
                Driver.await(held);
            });
            Driver.await(entered);
            // Whoever delivers is busy, so answers come when the hold ends; what is decided now is decided now.
            CompletableFuture<VideoResponse> clear = driver.send(new QueueClear(S, QueueType.INPUT));
            CompletableFuture<VideoResponse> again = driver.send(new QueueClear(S, QueueType.OUTPUT));
            CompletableFuture<VideoResponse> input =
                    driver.send(driver.queueInput(1, clip.accessUnits().get(2).data(), 2));
            CompletableFuture<VideoResponse> output = driver.send(Driver.queueOutput(50));
            CompletableFuture<VideoResponse> drain = driver.send(new StreamDrain(S));
            CompletableFuture<VideoResponse> params = driver.send(new GetParams(S, QueueType.OUTPUT));
            CompletableFuture<VideoResponse> destroy = driver.send(new StreamDestroy(S));
            held.complete(null);

            assertThat(Driver.await(destroy)).isEqualTo(new OkNodata());
            assertThat(Driver.await(again)).isEqualTo(CANCELLED_COMMAND);
            assertThat(Driver.await(input)).isEqualTo(CANCELLED_COMMAND);
            assertThat(Driver.await(output)).isEqualTo(CANCELLED_COMMAND);
            assertThat(Driver.await(drain)).isEqualTo(CANCELLED_COMMAND);
            // GET_PARAMS waited for the clear, and the destroy for GET_PARAMS.
            assertThat(Driver.await(clear)).isEqualTo(new OkNodata());
            assertThat(Driver.await(params).result()).isEqualTo(VideoResult.OK_GET_PARAMS);
        }
    }

    @Test
    void destroyDirectlyAfterAClearCancelsIt() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver()) {
            driver.beginWith(clip);
            CompletableFuture<Void> held = new CompletableFuture<>();
            CompletableFuture<Void> entered = new CompletableFuture<>();
            driver.device.submit(driver.queueInput(0, clip.accessUnits().get(1).data(), 1), response -> {
                entered.complete(null);
                Driver.await(held);
            });
            Driver.await(entered);
            VideoCommand clear = new QueueClear(S, QueueType.INPUT);
            VideoCommand destroy = new StreamDestroy(S);
            driver.log.clear();
            driver.post(clear);
            CompletableFuture<VideoResponse> destroyed = driver.send(destroy);
            held.complete(null);
            assertThat(Driver.await(destroyed)).isEqualTo(new OkNodata());
            assertThat(driver.log)
                    .containsExactly(new Answer(clear, CANCELLED_COMMAND), new Answer(destroy, new OkNodata()));
        }
    }

    @Test
    void streamsAreIndependentAndIdsAreFreeAgainAfterDestroy() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver()) {
            for (int round = 0; round < 5; round++) {
                driver.beginWith(clip);
                driver.addOutput(50, 64, 48);
                CompletableFuture<VideoResponse> filled = driver.send(Driver.queueOutput(50));
                driver.post(new StreamDrain(S));
                assertThat(Driver.await(filled).isError()).isFalse();
                driver.ok(new StreamDestroy(S));
                await().untilAsserted(() -> assertThat(decoderThreads()).isZero());
                assertThat(driver.objects.holds()).isZero();
            }
        }
    }

    @Test
    void closedDeviceTakesNothing() {
        Driver driver = new Driver();
        driver.createStream();
        driver.close();
        driver.close();
        CompletableFuture<VideoResponse> late = driver.send(new GetParams(S, QueueType.OUTPUT));
        assertThat(late).isNotDone();
    }

    @Test
    void answersMaySubmitAgain() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver()) {
            driver.beginWith(clip);
            CompletableFuture<VideoResponse> inner = new CompletableFuture<>();
            ResourceQueue queue = driver.queueInput(0, clip.accessUnits().get(1).data(), 1);
            driver.device.submit(queue, _ -> driver.device.submit(new StreamDestroy(S), inner::complete));
            assertThat(Driver.await(inner)).isEqualTo(new OkNodata());
        }
    }

    /** Of this test's devices: a service that other tests left running in this virtual machine has decoders of its own. */
    private long decoderThreads() {
        return decoders().filter(thread -> !decodersBefore.contains(thread)).count();
    }

    private static Stream<Thread> decoders() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("video-decoder-"));
    }
}
