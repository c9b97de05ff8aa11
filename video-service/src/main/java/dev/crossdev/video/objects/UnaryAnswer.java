package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The answer to a call of one message, as a future that fails with an {@link ErrnoException}. */
final class UnaryAnswer<T> implements StreamObserver<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();

    CompletableFuture<T> future() {
        return future;
    }

    @Override
    public void onNext(T message) {
        future.complete(message);
    }

    @Override
    public void onError(Throwable failure) {
        future.completeExceptionally(Statuses.toErrno(failure));
    }

    @Override
    public void onCompleted() {
        // Says nothing when the message came.
        future.completeExceptionally(new DeviceGoneException("the call ended without an answer"));
    }
}
