package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.pipeline.PipelineEvent.Failed;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Carries the devices' answers to the thread that runs the pipeline. */
final class Mailbox {

    private final BlockingQueue<PipelineEvent> events = new LinkedBlockingQueue<>();

    void post(PipelineEvent event) {
        events.add(event);
    }

    /** Posts what an answer means when it comes; a failure ends the run. */
    <T> void when(CompletableFuture<T> answer, Function<T, PipelineEvent> meaning) {
        var _ = answer.whenComplete(
                (value, failure) -> post(failure == null ? meaning.apply(value) : new Failed(errno(failure))));
    }

    /**
     * The next event, or empty when none comes in time.
     *
     * @throws ErrnoException what ended the run, when that is the next event; EINTR
     */
    Optional<PipelineEvent> next(Duration patience) {
        PipelineEvent event;
        try {
            event = events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "the run was interrupted", e);
        }
        if (event instanceof Failed(ErrnoException why)) {
            throw why;
        }
        return Optional.ofNullable(event);
    }

    static ErrnoException errno(Throwable failure) {
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null -> errno(wrapped.getCause());
            case ErrnoException known -> known;
            default -> new ErrnoException(Errno.EIO, "unexpected: " + failure, failure);
        };
    }
}
