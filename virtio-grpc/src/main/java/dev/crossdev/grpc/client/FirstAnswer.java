package dev.crossdev.grpc.client;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/**
 * The first message of an answer, as a future that fails as the call does. A call that ends without a message fails with
 * UNAVAILABLE; what comes after the first is not looked at.
 */
public final class FirstAnswer<T> implements StreamObserver<T> {

    private final CompletableFuture<T> future = new CompletableFuture<>();

    /** Fails with a {@link io.grpc.StatusRuntimeException}. */
    public CompletableFuture<T> future() {
        return future;
    }

    @Override
    public void onNext(T message) {
        future.complete(message);
    }

    @Override
    public void onError(Throwable failure) {
        future.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
        // Says nothing when the message came.
        future.completeExceptionally(Status.UNAVAILABLE
                .withDescription("the call ended without an answer")
                .asRuntimeException());
    }
}
