package dev.crossdev.gpu.objects;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A client's end of a stream: what came, and how it ended. */
final class RecordingObserver<Q, A> implements ClientResponseObserver<Q, A> {
    final List<A> messages = new CopyOnWriteArrayList<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();
    private final int ask;
    private final CompletableFuture<ClientCallStreamObserver<Q>> call = new CompletableFuture<>();

    /** Reads as fast as it can. */
    RecordingObserver() {
        this(-1);
    }

    /** @param ask how many messages to read at first; -1 for all */
    RecordingObserver(int ask) {
        this.ask = ask;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> observer) {
        call.complete(observer);
        if (ask >= 0) {
            observer.disableAutoRequestWithInitial(ask);
        }
    }

    @Override
    public void onNext(A message) {
        messages.add(message);
    }

    @Override
    public void onError(Throwable failure) {
        end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
        end.complete(Status.OK);
    }

    void request(int count) {
        call.join().request(count);
    }

    void cancel() {
        call.join().cancel("on purpose", null);
    }

    Status awaitEnd() {
        return end.orTimeout(20, TimeUnit.SECONDS).join();
    }

    void awaitMessages(int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> messages.size() >= count);
    }
}
