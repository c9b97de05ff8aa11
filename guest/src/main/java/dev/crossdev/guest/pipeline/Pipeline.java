package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestDevices;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.gpu.GpuDriver;
import dev.crossdev.guest.metrics.GuestMeters;
import dev.crossdev.guest.pipeline.DecoderSetup.Ready;
import dev.crossdev.guest.pipeline.PipelineEvent.Failed;
import dev.crossdev.guest.report.RegistrationReporter;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.RunClock;
import dev.crossdev.guest.trace.RegistrationTraces;
import dev.crossdev.guest.video.VideoDriver;
import dev.crossdev.media.Clip;
import dev.crossdev.media.ClipInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a clip through both devices of a guest: allocate and export, set up the decoder, import, decode. A run has devices
 * of its own, which are unplugged when it ends, however it ends. Runs of one guest follow each other.
 */
public final class Pipeline {

    /** Between a device's leaving and its stream's saying so. */
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final Guest guest;
    private final Clip clip;
    private final GuestMeters meters;
    private final RegistrationReporter reporter;

    /**
     * @param guest connected to both services, with memory enough: see {@link #memoryBytes}
     * @param clip what is decoded
     * @param meters takes the runs' times
     */
    public Pipeline(Guest guest, Clip clip, GuestMeters meters) {
        this.guest = guest;
        this.clip = clip;
        this.meters = meters;
        this.reporter = new RegistrationReporter(guest.gpuLink(), guest.name());
    }

    /** Bytes of guest memory that a run with so many output buffers takes. */
    public static long memoryBytes(Clip clip, int buffers) {
        long page = 4096;
        long output = (frameBytes(clip.info()) + page - 1) / page * page;
        long input = (InputFeeder.bufferBytes(clip.accessUnits()) + page - 1) / page * page;
        return buffers * output + InputFeeder.BUFFERS * input;
    }

    /**
     * Runs once.
     *
     * @param observer looks at each frame on the scanout
     * @throws ErrnoException when the run cannot be finished: {@link
     *     dev.crossdev.dmabuf.error.DeviceGoneException} naming the service that is gone, ETIMEDOUT, what a device refused
     */
    public RunResult run(RunParameters parameters, FrameObserver observer) {
        List<BufferTimeline> timelines = new ArrayList<>();
        try {
            return perform(parameters, observer, timelines);
        } finally {
            // However it ended: a registration that failed is what somebody watches for. The devices are unplugged by
            // now, so that even one that was never answered has its end.
            meters.record(
                    parameters.strategy(),
                    timelines.stream().map(BufferTimeline::times).toList());
            timelines.forEach(timeline -> timeline.trace().end(timeline));
        }
    }

    private RunResult perform(RunParameters parameters, FrameObserver observer, List<BufferTimeline> timelines) {
        GuestDevices plugged = guest.plug(parameters.strategy());
        try (GuestDevices devices = plugged;
                GuestMeters.Watched _ = meters.watch(devices.gpu()::waiters)) {
            Run run = new Run(parameters, observer, devices, timelines);
            try {
                return run.perform();
            } finally {
                run.release();
            }
        } finally {
            // A floor waits for every answer before its clock starts: its times say nothing of its strategy.
            if (parameters.mode() != RunMode.FLOOR) {
                reporter.report(plugged.name(), parameters.strategy(), timelines);
            }
        }
    }

    private static long frameBytes(ClipInfo info) {
        return 4L * info.width() * info.height();
    }

    /** What one run has. */
    private final class Run {

        private final RunParameters parameters;
        private final FrameObserver observer;
        private final GuestDevices devices;
        private final RunClock clock = new RunClock();
        private final Mailbox mailbox = new Mailbox();
        private final BufferAllocation allocation;
        private @Nullable Ready decoder;

        Run(RunParameters parameters, FrameObserver observer, GuestDevices devices, List<BufferTimeline> timelines) {
            this.parameters = parameters;
            this.observer = observer;
            this.devices = devices;
            // A floor's times say nothing of its strategy.
            RegistrationTraces traces = parameters.mode() == RunMode.FLOOR ? RegistrationTraces.OFF : guest.traces();
            this.allocation = new BufferAllocation(
                    devices.gpu(),
                    clock,
                    parameters.blobs(),
                    clip.info().width(),
                    clip.info().height(),
                    buffer -> traces.begin(guest.name(), devices.name(), parameters.strategy(), buffer),
                    timelines);
        }

        RunResult perform() {
            GpuDriver gpu = devices.gpu();
            var _ = gpu.gone().thenAccept(why -> mailbox.post(new Failed(why)));
            clock.restart();
            if (parameters.batch()) {
                allocation.inBatch(parameters.buffers());
            } else {
                allocation.inTurn(parameters.buffers());
            }
            List<OutputBuffer> outputs = allocation.outputs();
            if (parameters.mode() == RunMode.FLOOR) {
                awaitAnswers(outputs);
                clock.restart();
            }

            long setupStart = clock.elapsed();
            VideoDriver video = devices.openVideo();
            Answers answers = devices.videoAnswers();
            Ready ready = new DecoderSetup(video, answers, mailbox, clip).run();
            decoder = ready;
            long setupEnd = clock.elapsed();

            Imports imports = new Imports(ready.stream(), answers, mailbox);
            imports.all(outputs);

            FrameLedger ledger = new FrameLedger(clip.accessUnits(), Math.toIntExact(frameBytes(clip.info())));
            Playback playback = new Playback(
                    gpu,
                    ready.stream(),
                    ready.feeder(),
                    imports,
                    outputs,
                    mailbox,
                    clock,
                    ledger,
                    this::shown,
                    answers.patience());
            playback.run();
            long end = clock.elapsed();
            // As any driver does: what is still queued comes back before the device is unplugged.
            ready.stream().destroy();

            List<BufferTimes> timeline = outputs.stream()
                    .map(output -> output.buffer().timeline().times())
                    .toList();
            return new RunResult(
                    parameters,
                    allocation.spentNanos(),
                    setupStart,
                    setupEnd,
                    clock.sinceStart(playback.firstShownNanos()),
                    end,
                    imports.failures(),
                    gpu.uuidsAsked(),
                    video.importsAsked(),
                    ledger.deliveredFrames(),
                    ledger.faults(),
                    timeline);
        }

        /** Lets go of everything; the devices are unplugged afterwards. */
        void release() {
            if (decoder != null) {
                decoder.stream().release();
            }
            allocation.release();
        }

        /** Without the strategy: a floor waits for every answer and counts none of it. */
        private void awaitAnswers(List<OutputBuffer> outputs) {
            outputs.forEach(output ->
                    VirtioDmaBuf.uuidOf(output.dmaBuf(), devices.videoAnswers().patience()));
        }

        private boolean shown(int number, long timestampMicros) {
            if (parameters.mode() != RunMode.FULL) {
                return false;
            }
            ClipInfo info = clip.info();
            try {
                observer.shown(new ShownFrame(
                        guest.name(), devices.name(), 0, number, timestampMicros, info.width(), info.height()));
            } catch (ErrnoException e) {
                throw e.errno() == Errno.ENOENT ? whyGone(e) : e;
            }
            return true;
        }

        /** A call beside the device can hear that there is none before the device's own stream says why. */
        private ErrnoException whyGone(ErrnoException noDevice) {
            return devices.gpu()
                    .gone()
                    .completeOnTimeout(noDevice, GOODBYE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        }
    }
}
