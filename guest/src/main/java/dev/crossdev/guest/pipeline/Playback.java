package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.guest.gpu.GpuBuffer;
import dev.crossdev.guest.gpu.GpuDriver;
import dev.crossdev.guest.pipeline.PipelineEvent.Drained;
import dev.crossdev.guest.pipeline.PipelineEvent.Failed;
import dev.crossdev.guest.pipeline.PipelineEvent.ImportRefused;
import dev.crossdev.guest.pipeline.PipelineEvent.Imported;
import dev.crossdev.guest.pipeline.PipelineEvent.InputConsumed;
import dev.crossdev.guest.pipeline.PipelineEvent.OutputReturned;
import dev.crossdev.guest.pipeline.PipelineEvent.Shown;
import dev.crossdev.guest.pipeline.PipelineEvent.StreamEvent;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.RunClock;
import dev.crossdev.guest.video.DecoderStream;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Step 4: buffers go round between decoder and scanout until the clip ends. All of it runs on one thread, which acts on
 * one event after the other; frames are shown one at a time.
 */
final class Playback {

    private static final int SCANOUT = 0;

    /** How soon a refused import is looked at again while nothing else happens. */
    private static final Duration NEXT_LOOK = Duration.ofMillis(1);

    private final GpuDriver gpu;
    private final DecoderStream stream;
    private final InputFeeder feeder;
    private final Imports imports;
    private final List<OutputBuffer> outputs;
    private final Mailbox mailbox;
    private final RunClock clock;
    private final FrameLedger ledger;
    private final FrameSink sink;
    private final Duration patience;

    private record Decoded(OutputBuffer output, OkResourceQueue answer) {}

    private final Deque<Decoded> toShow = new ArrayDeque<>();
    private Optional<Decoded> showing = Optional.empty();
    private boolean drainSent;
    private boolean drained;
    private boolean ended;
    private final AtomicLong firstShown = new AtomicLong(Long.MIN_VALUE);

    /** Takes note of each frame while it is on the scanout. Returns whether to go on. */
    @FunctionalInterface
    interface FrameSink {
        boolean shown(int number, long timestampMicros);
    }

    Playback(
            GpuDriver gpu,
            DecoderStream stream,
            InputFeeder feeder,
            Imports imports,
            List<OutputBuffer> outputs,
            Mailbox mailbox,
            RunClock clock,
            FrameLedger ledger,
            FrameSink sink,
            Duration patience) {
        this.gpu = gpu;
        this.stream = stream;
        this.feeder = feeder;
        this.imports = imports;
        this.outputs = outputs;
        this.mailbox = mailbox;
        this.clock = clock;
        this.ledger = ledger;
        this.sink = sink;
        this.patience = patience;
    }

    /**
     * Plays until the clip ends or the sink has seen enough.
     *
     * @throws ErrnoException what ended the run; ETIMEDOUT when nothing happened for too long
     */
    void run() {
        imports.imported().forEach(this::queue);
        feed();
        long lastEvent = clock.now();
        boolean goOn = true;
        while (goOn && !isOver()) {
            boolean waitsForUuid = imports.canRetry();
            Optional<PipelineEvent> event = mailbox.next(waitsForUuid ? NEXT_LOOK : patience);
            if (event.isPresent()) {
                goOn = handle(event.get());
                lastEvent = clock.now();
            } else if (clock.now() - lastEvent >= patience.toNanos()) {
                throw new ErrnoException(
                        Errno.ETIMEDOUT, "nothing happened for " + patience.toMillis() + " ms: " + state());
            }
            imports.retry();
        }
        if (goOn) {
            ledger.end();
        }
    }

    /** When the first frame was on the scanout, on the run's clock. */
    long firstShownNanos() {
        return firstShown.get();
    }

    private boolean isOver() {
        return drained && ended && toShow.isEmpty() && showing.isEmpty();
    }

    private boolean handle(PipelineEvent event) {
        switch (event) {
            case InputConsumed(int input, OkResourceQueue _) -> {
                feeder.consumed(input);
                feed();
            }
            case OutputReturned(int output, OkResourceQueue answer) -> returned(outputs.get(output), answer);
            case Shown _ -> {
                return shown();
            }
            case Imported(int output) -> queue(outputs.get(output));
            case ImportRefused refusal -> imports.refused(outputs.get(refusal.output()), refusal.uuid());
            case Drained _ -> drained = true;
            case StreamEvent(var type) ->
                throw new ErrnoException(
                        Errno.EOPNOTSUPP, "the decoder reports " + type + " in the middle of the clip");
            case Failed(ErrnoException why) -> throw why;
        }
        return true;
    }

    private void feed() {
        while (feeder.feedOne()) {
            // As many as there are free buffers.
        }
        if (feeder.isAtEnd() && !drainSent) {
            drainSent = true;
            mailbox.when(stream.drain(), _ -> new Drained());
        }
    }

    private void queue(OutputBuffer output) {
        mailbox.when(stream.queueOutput(output.videoResource()), answer -> new OutputReturned(output.number(), answer));
    }

    private void returned(OutputBuffer output, OkResourceQueue answer) {
        if (answer.has(BufferFlags.EOS)) {
            ended = true;
        } else if (answer.has(BufferFlags.ERR)) {
            ledger.broken(answer.flags());
            queue(output);
        } else {
            toShow.add(new Decoded(output, answer));
            showNext();
        }
    }

    private void showNext() {
        if (showing.isPresent()) {
            return;
        }
        showing = Optional.ofNullable(toShow.poll());
        showing.ifPresent(next -> {
            GpuBuffer buffer = next.output().buffer();
            CompletableFuture<Completion<GpuReply>> set = gpu.setScanout(SCANOUT, buffer);
            CompletableFuture<Completion<GpuReply>> flushed = gpu.flush(buffer);
            // On the stream's thread: the frame is on the scanout when the fence is handled, not when we hear of it.
            CompletableFuture<Void> noted = flushed.thenAccept(_ -> {
                buffer.timeline().note(Moment.FIRST_FRAME);
                firstShown.compareAndSet(Long.MIN_VALUE, clock.now());
            });
            mailbox.when(
                    set.thenCombine(noted, (_, _) -> next),
                    each -> new Shown(each.output().number()));
        });
    }

    private boolean shown() {
        Decoded frame = showing.orElseThrow(() -> new IllegalStateException("nothing was being shown"));
        int number = ledger.delivered(frame.answer().timestamp(), frame.answer().size());
        boolean goOn = sink.shown(number, frame.answer().timestamp());
        showing = Optional.empty();
        if (goOn && !ended) {
            queue(frame.output());
        }
        if (goOn) {
            showNext();
        }
        return goOn;
    }

    private String state() {
        return ledger.deliveredFrames() + " frames shown, "
                + (drained ? "drained" : drainSent ? "draining" : "feeding") + ", "
                + imports.failures() + " imports refused";
    }
}
