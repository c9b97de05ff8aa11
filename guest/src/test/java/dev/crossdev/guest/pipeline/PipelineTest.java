package dev.crossdev.guest.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestTestBed;
import dev.crossdev.guest.driver.CommandRefusedException;
import dev.crossdev.guest.harness.ScanoutCapture;
import dev.crossdev.guest.metrics.GuestMeters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.media.AccessUnit;
import dev.crossdev.media.Clip;
import dev.crossdev.media.FrameDigest;
import dev.crossdev.media.MediaException;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceFlush;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanout;
import dev.crossdev.virtio.gpu.GpuCommand.TransferToHost2d;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class PipelineTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int BUFFERS = 4;

    @SuppressWarnings("NullAway.Init")
    private static Clip clip;

    @TempDir
    static Path folder;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GuestMeters meters = new GuestMeters(registry);

    @SuppressWarnings("NullAway.Init")
    private GuestTestBed bed;

    @BeforeAll
    static void readClip() throws MediaException {
        clip = Clip.open(Path.of("../media/src/test/resources/sample-64x48.mp4"));
        List<Long> decodeOrder =
                clip.accessUnits().stream().map(AccessUnit::timestampMicros).toList();
        assertThat(decodeOrder).isNotEqualTo(decodeOrder.stream().sorted().toList());
    }

    @BeforeEach
    void start() {
        bed = GuestTestBed.sharing(folder);
    }

    @AfterEach
    void stop() {
        bed.close();
    }

    @ParameterizedTest
    @CsvSource({
        "BLOCK_AT_ALLOCATION, false", "BLOCK_AT_ALLOCATION, true",
        "BLOCK_AT_EXPORT, false", "BLOCK_AT_EXPORT, true",
        "DEFERRED, false", "DEFERRED, true",
        "EAGER_DEFERRED, false", "EAGER_DEFERRED, true",
    })
    void everySafeStrategyDeliversEveryFrameOnceAndInDisplayOrder(RegistrationStrategy strategy, boolean batch) {
        transit(Duration.ofMillis(2));
        List<Long> shown = new ArrayList<>();
        RunResult result = pipeline()
                .run(
                        new RunParameters(strategy, BUFFERS, batch, RunMode.FULL, InjectedTiming.NONE),
                        frame -> shown.add(frame.timestampMicros()));

        assertThat(result.faults()).isEmpty();
        assertThat(result.importFailures()).isZero();
        assertThat(result.framesDelivered()).isEqualTo(clip.info().frameCount());
        assertThat(shown)
                .isEqualTo(clip.accessUnits().stream()
                        .map(AccessUnit::timestampMicros)
                        .sorted()
                        .toList());
        assertThat(result.uuidsAsked()).isEqualTo(BUFFERS);
        assertThat(result.importsAsked()).isEqualTo(BUFFERS);
        assertThat(result.timeline())
                .hasSize(BUFFERS)
                .allSatisfy(times -> assertThat(times.inOrder(Moment.ANSWER_HANDLED, Moment.GET_UUID_RETURNED))
                        .isTrue());
        long blockingRoundTrips = result.timeline().stream()
                .mapToLong(times -> times.roundTripNanos().orElseThrow())
                .sum();
        boolean waitsOneByOne = strategy == RegistrationStrategy.BLOCK_AT_ALLOCATION
                || strategy == RegistrationStrategy.BLOCK_AT_EXPORT && !batch;
        if (waitsOneByOne) {
            assertThat(result.allocationNanos()).isGreaterThanOrEqualTo(blockingRoundTrips);
        }
        assertThat(result.startupNanos()).isBetween(result.setupEndNanos(), result.endNanos());
        assertThat(result.setupNanos()).isPositive();
    }

    @Test
    void exportingInABatchPaysAboutOneRoundTripInsteadOfOnePerBuffer() {
        bed.gpu.settings().setTransit(Duration.ofMillis(50));
        RunResult result = pipeline()
                .run(
                        new RunParameters(
                                RegistrationStrategy.BLOCK_AT_EXPORT, 8, true, RunMode.STARTUP, InjectedTiming.NONE),
                        FrameObserver.NONE);

        assertThat(result.allocationNanos())
                .isGreaterThanOrEqualTo(Duration.ofMillis(100).toNanos())
                .isLessThan(Duration.ofMillis(8 * 100).toNanos());
        // In the timeline they overlap: all were sent before the first was answered.
        long lastSent = result.timeline().stream()
                .mapToLong(times -> times.at(Moment.REGISTRATION_SENT).orElseThrow())
                .max()
                .orElseThrow();
        long firstHandled = result.timeline().stream()
                .mapToLong(times -> times.at(Moment.ANSWER_HANDLED).orElseThrow())
                .min()
                .orElseThrow();
        assertThat(lastSent).isLessThan(firstHandled);
    }

    @Test
    void theDeviceGetsTheClipsAccessUnitsAndNoPixelIsEverTransferred() {
        pipeline().run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE);

        assertThat(bed.video.accessUnits())
                .containsExactlyElementsOf(clip.accessUnits().stream()
                        .map(unit -> unit.data().toArray(ValueLayout.JAVA_BYTE))
                        .toList());
        assertThat(bed.gpu.commands(TransferToHost2d.class)).isEmpty();
        assertThat(bed.gpu.commands(ResourceFlush.class)).hasSize(clip.info().frameCount());
        assertThat(bed.gpu.commands(SetScanout.class)).hasSize(clip.info().frameCount());
    }

    @Test
    void aRemoteGuestsAccessUnitsTravelOnTheStream() {
        bed.close();
        bed = GuestTestBed.remote();
        RunResult result = pipeline().run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE);

        assertThat(result.faults()).isEmpty();
        assertThat(bed.video.accessUnits()).hasSize(clip.info().frameCount());
        assertThat(bed.video.accessUnits().getLast())
                .isEqualTo(clip.accessUnits().getLast().data().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void aBufferIsNotQueuedAgainWhileItsFrameIsLookedAt() {
        List<Long> queuedWhileLooking = new ArrayList<>();
        pipeline().run(full(RegistrationStrategy.DEFERRED), frame -> {
            // The frame is on the scanout: nothing after its flush was shown, and its buffer is not with the decoder.
            assertThat(bed.gpu.commands(ResourceFlush.class)).hasSize(frame.number() + 1);
            queuedWhileLooking.add(bed.video.commands(ResourceQueue.class).stream()
                    .filter(queue -> queue.queueType() == QueueType.OUTPUT)
                    .count());
        });

        for (int number = 0; number < queuedWhileLooking.size(); number++) {
            assertThat(queuedWhileLooking.get(number)).isLessThanOrEqualTo(BUFFERS + number);
        }
    }

    @Test
    void everyFieldReadTooEarlyIsRefusedOnceAndTheRunStillEnds() {
        // Four times the set-up's one millisecond each way would do; this is certain.
        bed.gpu.settings().setTransit(Duration.ofMillis(300));
        RunResult result = pipeline()
                .run(
                        new RunParameters(
                                RegistrationStrategy.UNSYNCHRONISED,
                                BUFFERS,
                                false,
                                RunMode.STARTUP,
                                InjectedTiming.NONE),
                        FrameObserver.NONE);

        assertThat(result.importFailures()).isEqualTo(BUFFERS);
        assertThat(earlyReads(result)).isEqualTo(BUFFERS);
        assertThat(result.framesDelivered()).isEqualTo(1);
        assertThat(bed.video.commands(ResourceCreate.class).stream()
                        .filter(create -> create.queueType() == QueueType.OUTPUT)
                        .filter(create ->
                                create.planes().getFirst().getFirst().asUuid().getMostSignificantBits() == 0))
                .hasSize(BUFFERS);
    }

    @Test
    void theCountOfRefusedImportsIsTheTimelinesCountOfEarlyReads() {
        for (int millis = 0; millis < 16; millis++) {
            bed.gpu.settings().setTransit(Duration.ofMillis(millis));
            RunResult result = pipeline()
                    .run(
                            new RunParameters(
                                    RegistrationStrategy.UNSYNCHRONISED,
                                    8,
                                    false,
                                    RunMode.STARTUP,
                                    InjectedTiming.NONE),
                            FrameObserver.NONE);

            assertThat(result.importFailures()).isEqualTo((int) earlyReads(result));
        }
    }

    @Test
    void anUnsynchronisedRunDeliversTheWholeClipAfterItsFailures() {
        bed.gpu.settings().setTransit(Duration.ofMillis(20));
        RunResult result = pipeline().run(full(RegistrationStrategy.UNSYNCHRONISED), FrameObserver.NONE);

        assertThat(result.faults()).isEmpty();
        assertThat(result.importFailures()).isEqualTo((int) earlyReads(result));
        assertThat(result.importsAsked()).isBetween(BUFFERS, BUFFERS + result.importFailures());
    }

    @ParameterizedTest
    @EnumSource(
            value = RunMode.class,
            names = {"STARTUP", "FLOOR"})
    void aStartupEndsWithItsFirstFrame(RunMode mode) {
        RunResult result = pipeline()
                .run(
                        new RunParameters(RegistrationStrategy.DEFERRED, BUFFERS, false, mode, InjectedTiming.NONE),
                        frame -> {
                            throw new IllegalStateException("nobody looks at the frame of a start-up");
                        });

        assertThat(result.framesDelivered()).isEqualTo(1);
        assertThat(result.faults()).isEmpty();
        assertThat(result.startupNanos()).isPositive();
    }

    @Test
    void aFloorsClockStartsAfterTheLastAnswer() {
        bed.gpu.settings().setTransit(Duration.ofMillis(50));
        RunResult result = pipeline()
                .run(
                        new RunParameters(
                                RegistrationStrategy.EAGER_DEFERRED,
                                BUFFERS,
                                false,
                                RunMode.FLOOR,
                                InjectedTiming.NONE),
                        FrameObserver.NONE);

        assertThat(result.lastAnswerNanos().orElseThrow()).isNegative();
        assertThat(result.setupStartNanos()).isNotNegative();
        assertThat(result.timeline())
                .allSatisfy(times -> assertThat(times.blockedNanos()).isZero());
    }

    @Test
    void deferredHidesTheRoundTripBehindTheSetup() {
        bed.gpu.settings().setTransit(Duration.ofMillis(20));
        bed.video.settings().setTransit(Duration.ofMillis(20));
        RunResult deferred = pipeline().run(startup(RegistrationStrategy.DEFERRED), FrameObserver.NONE);
        RunResult blocking = pipeline().run(startup(RegistrationStrategy.BLOCK_AT_ALLOCATION), FrameObserver.NONE);

        assertThat(deferred.timeline())
                .allSatisfy(times -> assertThat(times.blockedNanos()).isZero());
        assertThat(blocking.timeline())
                .allSatisfy(times -> assertThat(times.blockedNanos())
                        .isGreaterThan(Duration.ofMillis(20).toNanos()));
        assertThat(blocking.allocationNanos())
                .isGreaterThan(Duration.ofMillis(40L * BUFFERS).toNanos());
    }

    @Test
    void deathOfTheGpuServiceEndsTheRunWithinSecondsAndNamesIt() {
        endsWhenKilled(bed.gpu::kill, "gpu-service");
    }

    @Test
    void deathOfTheVideoServiceEndsTheRunWithinSecondsAndNamesIt() {
        endsWhenKilled(bed.video::kill, "video-service");
    }

    @Test
    void deathOfTheGpuServiceWhileTheImporterWaitsEndsTheRun() throws Exception {
        bed.gpu.withholdUuids();
        Pipeline pipeline = pipeline();
        CompletableFuture<RunResult> run = CompletableFuture.supplyAsync(
                () -> pipeline.run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE));
        await().until(() -> bed.video.commands(ResourceQueue.class).size() == 1);
        bed.gpu.kill();

        assertThatThrownBy(() -> run.get(5, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("gpu-service");
    }

    @Test
    void aDeviceThatNeverAnswersEndsTheRunAtItsDeadline() {
        bed.gpu.withholdUuids();
        Pipeline pipeline = new Pipeline(bed.guest(Duration.ofSeconds(2)), clip, meters);

        assertThatThrownBy(() -> pipeline.run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.ETIMEDOUT));
        assertThat(registrations("gone")).isEqualTo(BUFFERS);
        assertThat(registry.get("virtio.uuid.waiters").gauge().value()).isZero();
    }

    @Test
    void aSilentDecoderEndsTheRunAtItsDeadline() {
        bed.video.setDeaf(command -> command instanceof ResourceQueue queue && queue.queueType() == QueueType.OUTPUT);
        Pipeline pipeline = new Pipeline(bed.guest(Duration.ofSeconds(2)), clip, meters);

        assertThatThrownBy(() -> pipeline.run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.ETIMEDOUT))
                .hasMessageContaining("0 frames shown");
    }

    @Test
    void aFailedRegistrationEndsTheRun() {
        bed.gpu.setScript(command -> command instanceof ResourceAssignUuid
                ? Optional.of(new GpuResponse.Err(GpuResult.ERR_UNSPEC))
                : Optional.empty());

        assertThatThrownBy(() -> pipeline().run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE))
                .isInstanceOf(RegistrationFailedException.class);
        assertThat(registrations("failed")).isEqualTo(BUFFERS);
    }

    @Test
    void whoeverWaitsForAnAnswerIsSeenWaiting() {
        bed.gpu.withholdUuids();
        CompletableFuture<RunResult> run = CompletableFuture.supplyAsync(
                () -> pipeline().run(full(RegistrationStrategy.BLOCK_AT_ALLOCATION), FrameObserver.NONE));
        await().untilAsserted(() ->
                assertThat(registry.get("virtio.uuid.waiters").gauge().value()).isEqualTo(1));
        bed.gpu.kill();
        assertThatThrownBy(() -> run.get(5, TimeUnit.SECONDS)).cause().isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void importsThatAreAllRefusedForGoodEndTheRunAtOnce() {
        bed.video.setScript(
                command -> command instanceof ResourceCreate create && create.queueType() == QueueType.OUTPUT
                        ? Optional.of(new VideoResponse.Err(VideoResult.ERR_INVALID_PARAMETER))
                        : Optional.empty());

        assertThatThrownBy(() -> pipeline().run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE))
                .isInstanceOf(CommandRefusedException.class)
                .hasMessageContaining("RESOURCE_CREATE");
    }

    @Test
    void framesInTheWrongOrderAreFaults() {
        bed.video.setDecodeOrder();
        RunResult result = pipeline().run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE);

        assertThat(result.faults()).isNotEmpty().first().asString().contains("timestamp");
    }

    @Test
    void aRefusedFlushEndsTheRun() {
        bed.gpu.setScript(command -> command instanceof ResourceFlush
                ? Optional.of(new GpuResponse.Err(GpuResult.ERR_INVALID_PARAMETER))
                : Optional.empty());

        assertThatThrownBy(() -> pipeline().run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE))
                .isInstanceOf(CommandRefusedException.class)
                .hasMessageContaining("RESOURCE_FLUSH");
    }

    @Test
    void oneBufferIsEnough() {
        RunResult result = pipeline()
                .run(
                        new RunParameters(RegistrationStrategy.DEFERRED, 1, false, RunMode.FULL, InjectedTiming.NONE),
                        FrameObserver.NONE);

        assertThat(result.faults()).isEmpty();
        assertThat(result.framesDelivered()).isEqualTo(clip.info().frameCount());
    }

    @Test
    void runsLeaveNothingBehindInTheGuest() {
        Guest guest = bed.guest(PATIENCE, meters);
        long free = guest.memory().freeBytes();
        Pipeline pipeline = new Pipeline(guest, clip, meters);
        for (RegistrationStrategy strategy : RegistrationStrategy.values()) {
            pipeline.run(startup(strategy), FrameObserver.NONE);
        }
        bed.video.setScript(command -> command instanceof ResourceCreate
                ? Optional.of(new VideoResponse.Err(VideoResult.ERR_OUT_OF_MEMORY))
                : Optional.empty());
        assertThatThrownBy(() -> pipeline.run(full(RegistrationStrategy.DEFERRED), FrameObserver.NONE))
                .isInstanceOf(CommandRefusedException.class);

        assertThat(guest.memory().freeBytes()).isEqualTo(free);
        assertThat(guest.dmaBufs().size()).isZero();
        assertThat(registry.get("virtio.protocol.violations").counters())
                .allSatisfy(counter -> assertThat(counter.count()).isZero());
    }

    @Test
    void theCaptureDigestsWhatTheScanoutShows() {
        Guest guest = bed.guest(PATIENCE);
        List<Integer> numbers = new ArrayList<>();
        ScanoutCapture capture = new ScanoutCapture(
                guest.gpuLink(), frame -> numbers.add(frame.shown().number()));
        new Pipeline(guest, clip, meters).run(full(RegistrationStrategy.DEFERRED), capture);

        FrameDigest expected = new FrameDigest();
        byte[] pixels = new byte[4 * clip.info().width() * clip.info().height()];
        for (int frame = 1; frame <= clip.info().frameCount(); frame++) {
            Arrays.fill(pixels, (byte) frame);
            expected.update(pixels);
        }
        assertThat(capture.digest()).isEqualTo(expected.hex());
        assertThat(capture.frames()).isEqualTo(clip.info().frameCount());
        assertThat(numbers).hasSize(clip.info().frameCount()).startsWith(0, 1, 2);
    }

    @Test
    void aFlushThatTheScanoutNeverSawEndsTheRun() {
        Guest guest = bed.guest(PATIENCE);
        ScanoutCapture capture = new ScanoutCapture(guest.gpuLink(), frame -> {
            if (frame.shown().number() == 3) {
                bed.gpu.forgetFlushes(1);
            }
        });

        assertThatThrownBy(() -> new Pipeline(guest, clip, meters).run(full(RegistrationStrategy.DEFERRED), capture))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.EPROTO))
                .hasMessageContaining("4 flushes after 4");
    }

    /** A call beside the device's stream, such as a capture, is answered sooner than the stream ends. */
    @Test
    void aRunWhoseDeviceIsGoneSaysWhyAndNotThatThereIsNone() {
        Pipeline pipeline = pipeline();

        assertThatThrownBy(() -> pipeline.run(full(RegistrationStrategy.DEFERRED), frame -> {
                    Thread.startVirtualThread(bed.gpu::unplug);
                    throw new ErrnoException(Errno.ENOENT, "no such device");
                }))
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("pulled out");
    }

    @Test
    void whatAnObserverDoesNotFindIsToldAsItIsWhileTheDeviceIsThere() {
        ErrnoException missing = new ErrnoException(Errno.ENOENT, "no such file");
        Pipeline pipeline = pipeline();

        assertThatThrownBy(() -> pipeline.run(full(RegistrationStrategy.DEFERRED), frame -> {
                    throw missing;
                }))
                .isSameAs(missing);
    }

    @Test
    void aServiceThatIsNotThereIsNamed() {
        bed.video.kill();

        assertThatThrownBy(() -> bed.guest(PATIENCE))
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("video-service (127.0.0.1:");
    }

    private void endsWhenKilled(Runnable kill, String service) {
        Pipeline pipeline = pipeline();
        long start = System.nanoTime();

        assertThatThrownBy(() -> pipeline.run(full(RegistrationStrategy.DEFERRED), frame -> {
                    if (frame.number() == 2) {
                        kill.run();
                    }
                }))
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining(service);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
    }

    private static long earlyReads(RunResult result) {
        return result.timeline().stream()
                .filter(times -> times.inOrder(Moment.GET_UUID_CALLED, Moment.ANSWER_HANDLED))
                .map(BufferTimes::buffer)
                .distinct()
                .count();
    }

    private Pipeline pipeline() {
        return new Pipeline(bed.guest(PATIENCE), clip, meters);
    }

    private void transit(Duration transit) {
        bed.gpu.settings().setTransit(transit);
        bed.video.settings().setTransit(transit);
    }

    private long registrations(String outcome) {
        return registry.get("virtio.uuid.registration")
                .tag("outcome", outcome)
                .timer()
                .count();
    }

    private static RunParameters full(RegistrationStrategy strategy) {
        return new RunParameters(strategy, BUFFERS, false, RunMode.FULL, InjectedTiming.NONE);
    }

    private static RunParameters startup(RegistrationStrategy strategy) {
        return full(strategy).withMode(RunMode.STARTUP);
    }
}
