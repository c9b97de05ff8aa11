package dev.crossdev.cli.run;

import dev.crossdev.cli.report.CpuTimes;
import dev.crossdev.cli.report.HtmlReport.Picture;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.Versions;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.harness.ScanoutCapture;
import dev.crossdev.guest.metrics.GuestMeters;
import dev.crossdev.guest.pipeline.FrameObserver;
import dev.crossdev.guest.pipeline.Pipeline;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunResult;
import dev.crossdev.guest.trace.RegistrationTraces;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A guest on two services, and the eyes of somebody who trusts neither: whole decodes are digested from what the GPU's
 * scanout shows, fetched outside of both services' own bookkeeping.
 */
public final class Harness implements AutoCloseable {

    /** The first, one in the middle and the last frame of a decode are kept as pictures. */
    private static final int PICTURES = 3;

    private final Guest guest;
    private final ClipFile clip;
    private final Pipeline pipeline;
    private final UnaryOperator<FrameObserver> tap;
    private List<Picture> pictures = List.of();

    private Harness(Guest guest, ClipFile clip, Pipeline pipeline, UnaryOperator<FrameObserver> tap) {
        this.guest = guest;
        this.clip = clip;
        this.pipeline = pipeline;
        this.tap = tap;
    }

    /**
     * Connects a new guest.
     *
     * @param mostBuffers the largest number of output buffers of any run
     * @param traces makes the traces of its registrations
     * @throws dev.crossdev.dmabuf.error.DeviceGoneException naming the service that cannot be reached
     */
    public static Harness connect(
            ServicesInUse services, ClipFile clip, int mostBuffers, MeterRegistry registry, RegistrationTraces traces) {
        return connect(Optional.empty(), services, clip, mostBuffers, registry, traces);
    }

    /**
     * As above, in plain text and with something between the run and the eyes.
     *
     * @param tap is given the observer of each whole decode and gives the one that the run calls
     */
    public static Harness connect(
            HostPort gpu,
            HostPort video,
            ClipFile clip,
            int mostBuffers,
            MeterRegistry registry,
            UnaryOperator<FrameObserver> tap) {
        ServicesInUse services = new ServicesInUse(gpu, video, Channels.PLAIN, Optional.empty(), Optional.empty());
        return connect(Optional.empty(), services, clip, mostBuffers, registry, RegistrationTraces.OFF, tap);
    }

    /** As above, as a tenant with a name that others know, if there is one. */
    public static Harness connect(
            Optional<String> guestName,
            ServicesInUse services,
            ClipFile clip,
            int mostBuffers,
            MeterRegistry registry,
            RegistrationTraces traces) {
        return connect(guestName, services, clip, mostBuffers, registry, traces, UnaryOperator.identity());
    }

    /** Harnesses on the same services must not meet. */
    private static String ownGuestName() {
        return "crossdev-" + ProcessHandle.current().pid();
    }

    private static Harness connect(
            Optional<String> guestName,
            ServicesInUse services,
            ClipFile clip,
            int mostBuffers,
            MeterRegistry registry,
            RegistrationTraces traces,
            UnaryOperator<FrameObserver> tap) {
        GuestMeters meters = new GuestMeters(registry);
        Guest guest = Guest.connect(
                services.guestConfig(guestName, ownGuestName(), Pipeline.memoryBytes(clip.clip(), mostBuffers))
                        .withTraces(traces),
                meters);
        return new Harness(guest, clip, new Pipeline(guest, clip.clip(), meters), tap);
    }

    /**
     * Makes the devices of both services as slow as asked, those to come included. Who may not do so takes them as they are,
     * unless latency was asked for.
     */
    public void inject(DevicePair latency) {
        try {
            DeviceTimings.set(guest.gpuLink().channel(), latency.gpu());
            DeviceTimings.set(guest.videoLink().channel(), latency.video());
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EACCES || !latency.equals(DevicePair.NONE)) {
                throw e;
            }
        }
    }

    /** One run; a whole decode is digested frame by frame. */
    public ReportRun run(RunParameters parameters) {
        CpuTimes before = CpuTimes.now();
        if (parameters.mode() != RunMode.FULL) {
            RunResult result = pipeline.run(parameters, FrameObserver.NONE);
            return ReportRun.of(result, null, CpuTimes.now().stealShareSince(before));
        }
        Snapshots snapshots = new Snapshots(picturedFrames());
        ScanoutCapture capture = new ScanoutCapture(guest.gpuLink(), snapshots);
        RunResult result = pipeline.run(parameters, tap.apply(capture));
        pictures = snapshots.pictures();
        return ReportRun.of(result, capture.digest(), CpuTimes.now().stealShareSince(before));
    }

    /** Of the latest whole decode. */
    public List<Picture> pictures() {
        return pictures;
    }

    /** Of everything that takes part. */
    public Versions versions(String crossdev) {
        return Versions.here(
                crossdev,
                guest.gpuLink().description().getVersion(),
                guest.videoLink().description().getVersion());
    }

    public Guest guest() {
        return guest;
    }

    @Override
    public void close() {
        guest.close();
    }

    private Set<Integer> picturedFrames() {
        int last = clip.reference().frames() - 1;
        Set<Integer> frames = new HashSet<>();
        for (int i = 0; i < PICTURES; i++) {
            frames.add(last * i / (PICTURES - 1));
        }
        return frames;
    }
}
