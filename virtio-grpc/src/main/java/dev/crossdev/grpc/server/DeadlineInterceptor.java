package dev.crossdev.grpc.server;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives a call the {@link Context} that grpc-java's own server gives it and Vert.x's does not: with the caller's deadline,
 * and cancelled when the call ends, however it ends. Calls made onward under that context inherit both.
 *
 * <p>A context that is left over from an earlier call and already cancelled (quarkusio/quarkus#55480) is not passed on:
 * the call then runs under a fork of it.
 */
public final class DeadlineInterceptor implements ServerInterceptor {

    /** How a caller says its deadline (gRPC over HTTP/2, Requests): up to eight digits and a unit. */
    static final Metadata.Key<String> TIMEOUT = Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

    private final ScheduledExecutorService timer;

    /** @param timer cancels contexts whose deadline has come; its owner shuts it down */
    public DeadlineInterceptor(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Context current = Context.current();
        Context parent = current.isCancelled() ? current.fork() : current;
        // A context that has a deadline keeps it: the server underneath has read the header already.
        CancellableContext context = parent.getDeadline() != null
                ? parent.withCancellation()
                : timeout(headers)
                        .map(deadline -> parent.withDeadline(deadline, timer))
                        .orElseGet(parent::withCancellation);
        ServerCall.Listener<Q> listener;
        try {
            listener = Contexts.interceptCall(context, call, headers, next);
        } catch (RuntimeException | Error e) {
            context.cancel(e);
            throw e;
        }
        return new EndingListener<>(listener, context);
    }

    /** The deadline that the headers name. A value that makes no sense counts as none. */
    static Optional<Deadline> timeout(Metadata headers) {
        String text = headers.get(TIMEOUT);
        if (text == null || text.length() < 2 || text.length() > 9) {
            return Optional.empty();
        }
        TimeUnit unit = unit(text.charAt(text.length() - 1));
        long amount = 0;
        for (int i = 0; i < text.length() - 1; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return Optional.empty();
            }
            amount = amount * 10 + digit;
        }
        return unit == null ? Optional.empty() : Optional.of(Deadline.after(amount, unit));
    }

    private static @Nullable TimeUnit unit(char symbol) {
        return switch (symbol) {
            case 'H' -> TimeUnit.HOURS;
            case 'M' -> TimeUnit.MINUTES;
            case 'S' -> TimeUnit.SECONDS;
            case 'm' -> TimeUnit.MILLISECONDS;
            case 'u' -> TimeUnit.MICROSECONDS;
            case 'n' -> TimeUnit.NANOSECONDS;
            default -> null;
        };
    }

    /** Cancels the context at the end of the call, so that its timer goes and onward calls stop. */
    private static final class EndingListener<Q> extends SimpleForwardingServerCallListener<Q> {

        private final CancellableContext context;

        EndingListener(ServerCall.Listener<Q> listener, CancellableContext context) {
            super(listener);
            this.context = context;
        }

        @Override
        public void onCancel() {
            try {
                super.onCancel();
            } finally {
                context.cancel(null);
            }
        }

        @Override
        public void onComplete() {
            try {
                super.onComplete();
            } finally {
                context.cancel(null);
            }
        }
    }
}
