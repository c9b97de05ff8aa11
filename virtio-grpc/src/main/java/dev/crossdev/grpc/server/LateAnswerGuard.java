package dev.crossdev.grpc.server;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * Drops what is written to a call after its client has cancelled it. With Vert.x 4.5 under Quarkus such a late answer
 * breaks the whole HTTP/2 connection and with it every other call of that client (quarkusio/quarkus#56268).
 *
 * <p>It must sit outside of everything that queues a call's events: register it with the highest priority. A write from
 * another thread than the one that sees the cancel could still pass the check and arrive late; given that
 * {@link CallThread}, check and write happen there, one after the other.
 */
public final class LateAnswerGuard implements ServerInterceptor {

    private final Supplier<CallThread> callThread;

    /** For a server that needs no particular thread. */
    public LateAnswerGuard() {
        this(() -> CallThread.NONE);
    }

    /** @param callThread asked at the start of each call, on the thread that starts it */
    public LateAnswerGuard(Supplier<CallThread> callThread) {
        this.callThread = callThread;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        GuardedCall<Q, A> guarded = new GuardedCall<>(call, callThread.get());
        return new SimpleForwardingServerCallListener<>(next.startCall(guarded, headers)) {
            @Override
            public void onCancel() {
                guarded.cancelled = true;
                super.onCancel();
            }
        };
    }

    private static final class GuardedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {

        private final CallThread thread;
        private final Queue<Runnable> writes = new ConcurrentLinkedQueue<>();
        private volatile boolean cancelled;

        GuardedCall(ServerCall<Q, A> call, CallThread thread) {
            super(call);
            this.thread = thread;
        }

        @Override
        public void sendHeaders(Metadata headers) {
            write(() -> super.sendHeaders(headers));
        }

        @Override
        public void sendMessage(A message) {
            write(() -> super.sendMessage(message));
        }

        @Override
        public void close(Status status, Metadata trailers) {
            write(() -> super.close(status, trailers));
        }

        @Override
        public boolean isCancelled() {
            return cancelled || super.isCancelled();
        }

        /** All writes pass the queue, so that one from the call's own thread does not overtake an older one. */
        private void write(Runnable write) {
            if (thread == CallThread.NONE) {
                runUnlessCancelled(write);
                return;
            }
            writes.add(write);
            if (thread.isCurrent()) {
                writeAll();
            } else {
                thread.execute(this::writeAll);
            }
        }

        private void writeAll() {
            for (Runnable write = writes.poll(); write != null; write = writes.poll()) {
                runUnlessCancelled(write);
            }
        }

        private void runUnlessCancelled(Runnable write) {
            if (!isCancelled()) {
                write.run();
            }
        }
    }
}
