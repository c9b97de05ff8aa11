package dev.crossdev.service.call;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.grpc.server.CallThread;
import dev.crossdev.grpc.status.Statuses;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams that are open, so that a service that goes away can end them: a watcher's stream ends by itself only with the
 * watcher, and the process would wait for it. Calls with one answer are left to finish.
 */
@GlobalInterceptor
@ApplicationScoped
public class OpenCalls implements ServerInterceptor, Prioritized {

    private final Set<TrackedCall<?, ?>> open = ConcurrentHashMap.newKeySet();

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (call.getMethodDescriptor().getType().serverSendsOneMessage()) {
            return next.startCall(call, headers);
        }
        TrackedCall<Q, A> tracked = new TrackedCall<>(call, VertxCallThread.ofThisCall());
        open.add(tracked);
        EndingListener<Q> listener = new EndingListener<>(next.startCall(tracked, headers), () -> open.remove(tracked));
        tracked.listener = listener;
        return listener;
    }

    /** Inside of the guard against late answers: what a stream says after it was ended here is late as well. */
    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 2;
    }

    /** Ends all open streams with UNAVAILABLE, as a lost connection would; their owners see a cancel. Does not wait. */
    public void endAll() {
        open.forEach(TrackedCall::end);
    }

    /** How many streams are open. */
    public int count() {
        return open.size();
    }

    private static final class TrackedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final CallThread thread;
        private volatile ServerCall.Listener<Q> listener = new ServerCall.Listener<>() {};
        private volatile boolean ended;

        TrackedCall(ServerCall<Q, A> call, CallThread thread) {
            super(call);
            this.thread = thread;
        }

        void end() {
            // Where the stream's own events come in, so that its owner sees one thing at a time.
            thread.execute(() -> {
                if (ended) {
                    return;
                }
                ended = true;
                StatusRuntimeException why = Statuses.toException(new DeviceGoneException("the service is going away"));
                super.close(why.getStatus(), Objects.requireNonNullElseGet(why.getTrailers(), Metadata::new));
                listener.onCancel();
            });
        }

        @Override
        public void sendHeaders(Metadata headers) {
            if (!ended) {
                super.sendHeaders(headers);
            }
        }

        @Override
        public void sendMessage(A message) {
            if (!ended) {
                super.sendMessage(message);
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (!ended) {
                ended = true;
                super.close(status, trailers);
            }
        }
    }
}
