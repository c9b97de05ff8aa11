package dev.crossdev.grpc.client;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.flow.StreamSink;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.status.Statuses;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Consumer;

/** One bidirectional call: written by any thread through a {@link StreamWriter}, read as fast as messages are handled. */
final class ClientStream<Q, A> {

    private static final int PREFETCH = 64;

    private final ClientCall<Q, A> call;
    private final StreamWriter<Q> writer;
    private volatile boolean cancelledHere;

    /** Makes the call; nothing happens before {@link #start}. */
    ClientStream(Channel channel, MethodDescriptor<Q, A> method, int mark, int limit) {
        // A device outlives the call in which it was opened: neither that call's deadline nor its end may end it.
        Context caller = Context.ROOT.attach();
        try {
            this.call = channel.newCall(method, CallOptions.DEFAULT);
        } finally {
            Context.ROOT.detach(caller);
        }
        this.writer = new StreamWriter<>(new CallSink<>(call), mark, limit);
    }

    /**
     * Starts the call.
     *
     * @param onMessage each message, in order
     * @param onClose the end, once, after all messages
     */
    void start(Consumer<A> onMessage, Consumer<ErrnoException> onClose) {
        Context.ROOT.run(() -> call.start(new Listener(onMessage, onClose), new Metadata()));
        call.request(PREFETCH);
    }

    StreamWriter<Q> writer() {
        return writer;
    }

    void cancel(String why) {
        cancelledHere = true;
        writer.cancelled();
        call.cancel(why, null);
    }

    private final class Listener extends ClientCall.Listener<A> {

        private final Consumer<A> onMessage;
        private final Consumer<ErrnoException> onClose;

        Listener(Consumer<A> onMessage, Consumer<ErrnoException> onClose) {
            this.onMessage = onMessage;
            this.onClose = onClose;
        }

        @Override
        public void onMessage(A message) {
            try {
                onMessage.accept(message);
            } finally {
                call.request(1);
            }
        }

        @Override
        public void onReady() {
            writer.flush();
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            writer.cancelled();
            onClose.accept(reason(status, trailers));
        }

        private ErrnoException reason(Status status, Metadata trailers) {
            if (status.isOk()) {
                return new DeviceGoneException("the device ended the stream");
            }
            ErrnoException error = Statuses.toErrno(status, trailers);
            // A server that is shut down resets its streams, and that reads as a cancel.
            return status.getCode() == Status.Code.CANCELLED && !cancelledHere
                    ? new DeviceGoneException(String.valueOf(error.getMessage()), error)
                    : error;
        }
    }

    private record CallSink<Q, A>(ClientCall<Q, A> call) implements StreamSink<Q> {
        @Override
        public boolean isReady() {
            return call.isReady();
        }

        @Override
        public void send(Q message) {
            call.sendMessage(message);
        }

        @Override
        public void complete() {
            call.halfClose();
        }

        @Override
        public void fail(StatusRuntimeException failure) {
            call.cancel(failure.getStatus().getDescription(), failure);
        }
    }
}
