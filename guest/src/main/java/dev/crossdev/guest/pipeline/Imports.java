package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.CommandRefusedException;
import dev.crossdev.guest.pipeline.PipelineEvent.Failed;
import dev.crossdev.guest.pipeline.PipelineEvent.ImportRefused;
import dev.crossdev.guest.pipeline.PipelineEvent.Imported;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.video.DecoderStream;
import dev.crossdev.guest.video.DecoderStream.Import;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Step 3: for each buffer get_uuid, then RESOURCE_CREATE, all queued, then all awaited. A buffer that was refused is tried
 * again when it is next needed, once its UUID reads otherwise: to repeat what was just refused would only be refused
 * again.
 */
final class Imports {

    private final DecoderStream stream;
    private final Answers answers;
    private final Mailbox mailbox;
    private final List<OutputBuffer> imported = new ArrayList<>();
    private final Map<OutputBuffer, UUID> refused = new HashMap<>();
    private int failures;

    Imports(DecoderStream stream, Answers answers, Mailbox mailbox) {
        this.stream = stream;
        this.answers = answers;
        this.mailbox = mailbox;
    }

    private record UnderWay(OutputBuffer output, UUID uuid, CompletableFuture<?> answer) {}

    /**
     * Imports all that can be imported now; returns when every import was answered.
     *
     * @throws ErrnoException when a buffer has no UUID and never will, or the device does not answer
     */
    void all(List<OutputBuffer> outputs) {
        List<UnderWay> underWay = outputs.stream().map(this::start).toList();
        CommandRefusedException refusal = null;
        for (UnderWay each : underWay) {
            try {
                answers.await(each.answer(), "RESOURCE_CREATE of an output buffer");
                imported.add(each.output());
            } catch (CommandRefusedException e) {
                refused(each.output(), each.uuid());
                refusal = e;
            }
        }
        if (refusal != null && imported.isEmpty() && !canRetry()) {
            throw refusal;
        }
    }

    /** The buffers that the video device held when {@link #all} returned. */
    List<OutputBuffer> imported() {
        return List.copyOf(imported);
    }

    /** Imports that were refused. */
    int failures() {
        return failures;
    }

    /** Whether some buffer was refused because its field was read too early. Any other refusal is final. */
    boolean canRetry() {
        return refused.containsValue(UuidRegistration.NIL);
    }

    /** Tries those again whose UUID reads otherwise by now; the answers come as events. Never waits. */
    void retry() {
        if (!canRetry()) {
            return;
        }
        for (OutputBuffer output : List.copyOf(refused.keySet())) {
            if (stream.uuidOf(output.dmaBuf()).equals(refused.get(output))) {
                continue;
            }
            refused.remove(output);
            UnderWay again = start(output);
            var _ = again.answer().whenComplete((_, failure) -> mailbox.post(outcome(again, failure)));
        }
    }

    /** A buffer was refused, the first time or again. */
    void refused(OutputBuffer output, UUID uuid) {
        failures++;
        refused.put(output, uuid);
    }

    private UnderWay start(OutputBuffer output) {
        try {
            Import started = stream.importOutput(
                    output.videoResource(),
                    output.dmaBuf(),
                    output.buffer().timeline().trace());
            // On the stream's thread, so that the time is the answer's and not that of whoever waits for it.
            return new UnderWay(
                    output,
                    started.uuid(),
                    started.answer().thenRun(() -> output.buffer().timeline().note(Moment.IMPORTED)));
        } catch (ErrnoException e) {
            // Without a resource there is no UUID, and then the resource is what is wrong.
            ErrnoException cause = output.buffer().failure().orElse(e);
            if (cause != e) {
                cause.addSuppressed(e);
            }
            throw cause;
        }
    }

    private static PipelineEvent outcome(UnderWay again, Throwable failure) {
        if (failure == null) {
            return new Imported(again.output().number());
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof CommandRefusedException refusal
                ? new ImportRefused(again.output().number(), again.uuid(), refusal)
                : new Failed(Mailbox.errno(cause));
    }
}
