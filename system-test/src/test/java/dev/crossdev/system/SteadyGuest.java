package dev.crossdev.system;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestConfig;
import dev.crossdev.guest.harness.CapturedFrame;
import dev.crossdev.guest.harness.ScanoutCapture;
import dev.crossdev.guest.metrics.GuestMeters;
import dev.crossdev.guest.pipeline.Pipeline;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.media.ReferenceDecode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A guest that decodes the clip again and again, compares every frame that the scanout shows with what the clip decodes to,
 * and connects again when a service went away. It notes why each run ended that did not come to its end.
 */
final class SteadyGuest implements AutoCloseable {

    private static final int BUFFERS = 8;
    private static final long PAUSE_MILLIS = 50;
    private static final long END_SECONDS = 60;

    private final String name;
    private final Channels channels;
    private final HostPort gpu;
    private final HostPort video;
    private final Clip clip;
    private final List<byte[]> expected;
    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicLong frames = new AtomicLong();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> interruptions = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    /** @param channels which a certificate with that name must belong to, if any does */
    SteadyGuest(String name, Channels channels, HostPort gpu, HostPort video, Clip clip, List<byte[]> expected) {
        this.name = name;
        this.channels = channels;
        this.gpu = gpu;
        this.video = video;
        this.clip = clip;
        this.expected = expected;
        this.thread = Thread.ofPlatform().name(name).start(this::live);
    }

    /** What the clip's frames are, in display order: bytes B, G, R, A. */
    static List<byte[]> framesOf(Clip clip) throws MediaException {
        List<byte[]> frames = new ArrayList<>();
        ReferenceDecode.forEachFrame(clip, (_, pixels) -> frames.add(pixels.toArray(ValueLayout.JAVA_BYTE)));
        return frames;
    }

    /** Whole decodes so far. */
    int runs() {
        return runs.get();
    }

    /** Frames that were looked at. */
    long frames() {
        return frames.get();
    }

    /** What was not as it should be. */
    List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** Why a run did not come to its end, or none could begin, in the order of events. */
    List<String> interruptions() {
        return List.copyOf(interruptions);
    }

    private void live() {
        GuestMeters meters = new GuestMeters(new SimpleMeterRegistry());
        while (stop.getCount() > 0) {
            GuestConfig config = GuestConfig.of(
                            gpu.host(), gpu.port(), video.host(), video.port(), Pipeline.memoryBytes(clip, BUFFERS))
                    .named(name)
                    .over(channels);
            try (Guest guest = Guest.connect(config, Violations.ignored())) {
                Pipeline pipeline = new Pipeline(guest, clip, meters);
                while (stop.getCount() > 0) {
                    run(guest, pipeline);
                }
            } catch (ErrnoException e) {
                interruptions.add(String.valueOf(e.getMessage()));
                pause();
            } catch (RuntimeException e) {
                wrong.add(e.toString());
                return;
            }
        }
    }

    private void run(Guest guest, Pipeline pipeline) {
        var result = pipeline.run(
                new RunParameters(
                        RegistrationStrategy.DEFERRED, BUFFERS, false, RunMode.FULL, RunParameters.InjectedTiming.NONE),
                new ScanoutCapture(guest.gpuLink(), this::look));
        wrong.addAll(result.faults());
        runs.incrementAndGet();
    }

    private void look(CapturedFrame frame) {
        frames.incrementAndGet();
        int number = frame.shown().number();
        if (!Arrays.equals(frame.bgra(), expected.get(number))) {
            wrong.add("frame " + number + " is another picture");
        }
    }

    private void pause() {
        try {
            var _ = stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends after the run that is under way. */
    @Override
    public void close() throws InterruptedException {
        stop.countDown();
        if (!thread.join(java.time.Duration.ofSeconds(END_SECONDS))) {
            throw new AssertionError(name + " does not end");
        }
    }
}
