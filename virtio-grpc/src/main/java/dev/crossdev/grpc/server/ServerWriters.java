package dev.crossdev.grpc.server;

import dev.crossdev.grpc.flow.StreamSink;
import dev.crossdev.grpc.flow.StreamWriter;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;

/** Writers for the answers of a call. */
public final class ServerWriters {

    private ServerWriters() {}

    /**
     * A writer over a call's observer. To be called before the service's method returns: it sets the observer's ready
     * and cancel handlers.
     *
     * @param mark messages above which the call's owner should stop reading from the client
     * @param limit messages above which the call fails with RESOURCE_EXHAUSTED
     * @param onCancel run once when the client has cancelled or is gone, after the writer dropped what it had
     */
    public static <T> StreamWriter<T> over(
            ServerCallStreamObserver<T> observer, int mark, int limit, Runnable onCancel) {
        StreamWriter<T> writer = new StreamWriter<>(new ObserverSink<>(observer), mark, limit);
        observer.setOnReadyHandler(writer::flush);
        observer.setOnCancelHandler(() -> {
            writer.cancelled();
            onCancel.run();
        });
        return writer;
    }

    private record ObserverSink<T>(ServerCallStreamObserver<T> observer) implements StreamSink<T> {
        @Override
        public boolean isReady() {
            return observer.isReady();
        }

        @Override
        public void send(T message) {
            observer.onNext(message);
        }

        @Override
        public void complete() {
            observer.onCompleted();
        }

        @Override
        public void fail(StatusRuntimeException failure) {
            observer.onError(failure);
        }
    }
}
