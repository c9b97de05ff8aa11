package dev.crossdev.service.call;

import dev.crossdev.grpc.status.Statuses;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a call with one request. Made on the call's own thread, before the service's method returns. The first
 * answer counts; one that comes after the client has gone is dropped.
 */
public final class UnaryCall<A> {

    private static final Logger LOG = Logger.getLogger(UnaryCall.class);

    private final ServerCallStreamObserver<A> observer;
    private final Context context = Context.current();

    private UnaryCall(StreamObserver<A> observer) {
        this.observer = (ServerCallStreamObserver<A>) observer;
        // Without a handler an answer to a client that has gone is an exception.
        this.observer.setOnCancelHandler(() -> {});
    }

    public static <A> UnaryCall<A> of(StreamObserver<A> observer) {
        return new UnaryCall<>(observer);
    }

    /** Answers at once with something that waits for nothing. */
    public void now(Supplier<A> answer) {
        try {
            answer(answer.get());
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Answers with something that may wait: on a virtual thread, in the call's context. */
    public void afterWaiting(Supplier<A> answer) {
        Thread.ofVirtual().name("call").start(context.wrap(() -> now(answer)));
    }

    /**
     * Answers when the future ends, at the latest when the caller's deadline or this limit is over, whichever is sooner;
     * the future is then cancelled.
     */
    public void when(CompletableFuture<A> answer, Duration limit) {
        long nanos = limit.toNanos();
        if (context.getDeadline() != null) {
            nanos = Math.min(nanos, Math.max(0, context.getDeadline().timeRemaining(TimeUnit.NANOSECONDS)));
        }
        var _ = answer.copy().orTimeout(nanos, TimeUnit.NANOSECONDS).handle((value, failure) -> {
            if (failure == null) {
                answer(value);
            } else {
                answer.cancel(false);
                fail(failure);
            }
            return true;
        });
    }

    public void answer(A value) {
        if (!observer.isCancelled()) {
            observer.onNext(value);
            observer.onCompleted();
        }
    }

    public void fail(@Nullable Throwable failure) {
        Throwable cause = failure == null ? new IllegalStateException("no reason given") : failure;
        if (!Statuses.isExpected(cause)) {
            LOG.error("a call failed", cause);
        }
        if (!observer.isCancelled()) {
            observer.onError(Statuses.toException(cause));
        }
    }
}
