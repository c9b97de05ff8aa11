package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.RevokeAcknowledged;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc.SharedObjectsStub;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import dev.crossdev.video.device.HeldObject;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The life line of this process at the exporting service, for one guest: while it lasts, so do our holds there. When it
 * ends, the service takes our numbers out of its fence table and may give them and the slots to others. What is mapped stays
 * mapped, and is written without fences from then on; what is not mapped is lost.
 */
final class GuestWatch implements StreamObserver<WatchResponse> {
    private final CompletableFuture<GuestWatch> ready = new CompletableFuture<>();
    private final Map<Integer, HeldObject> held = new ConcurrentHashMap<>();
    /** Revoked before the attach's own answer had been dealt with. */
    private final Set<Integer> revokedEarly = ConcurrentHashMap.newKeySet();

    private volatile boolean ended;
    private volatile @Nullable StreamObserver<WatchRequest> requests;

    static GuestWatch open(SharedObjectsStub stub, String guest, String importer) {
        GuestWatch watch = new GuestWatch();
        StreamObserver<WatchRequest> requests = stub.watch(watch);
        watch.requests = requests;
        requests.onNext(WatchRequest.newBuilder()
                .setStart(WatchStart.newBuilder().setGuest(guest).setImporter(importer))
                .build());
        return watch;
    }

    /** This, once the service has said that it listens; an {@link ErrnoException} when it does not. */
    CompletableFuture<GuestWatch> ready() {
        return ready.copy();
    }

    boolean hasEnded() {
        return ended;
    }

    boolean holdsNothing() {
        return held.isEmpty();
    }

    /** The object's hold lasts as long as this does. */
    void add(int attachment, HeldObject object) {
        held.put(attachment, object);
        if (ended) {
            object.orphan();
        }
        if (revokedEarly.remove(attachment)) {
            object.revoke();
        }
    }

    /** Says that a revoked attachment was let go of. */
    void acknowledge(int attachment) {
        StreamObserver<WatchRequest> stream = requests;
        if (stream != null && !ended) {
            WatchRequest request = WatchRequest.newBuilder()
                    .setRevokeAcknowledged(RevokeAcknowledged.newBuilder().setAttachment(attachment))
                    .build();
            synchronized (stream) {
                stream.onNext(request);
            }
        }
    }

    void remove(int attachment) {
        held.remove(attachment);
        revokedEarly.remove(attachment);
    }

    void close() {
        StreamObserver<WatchRequest> stream = requests;
        if (stream != null && !ended) {
            stream.onCompleted();
        }
        end(new DeviceGoneException("the importer was closed"));
    }

    @Override
    public void onNext(WatchResponse response) {
        // What others export is not our business; only that the service has taken the watch up.
        if (response.hasSynchronized()) {
            ready.complete(this);
        } else if (response.hasRevokeRequested()) {
            revoke(response.getRevokeRequested().getAttachment());
        }
    }

    private void revoke(int attachment) {
        // Noted before it is looked for: whoever adds it meanwhile looks there, and one of the two finds the other.
        revokedEarly.add(attachment);
        HeldObject object = held.get(attachment);
        if (object != null && revokedEarly.remove(attachment)) {
            object.revoke();
        }
    }

    @Override
    public void onError(Throwable failure) {
        end(Statuses.toErrno(failure));
    }

    @Override
    public void onCompleted() {
        end(new DeviceGoneException("the exporting service ended the watch"));
    }

    private void end(ErrnoException why) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        ready.completeExceptionally(why);
        List.copyOf(held.values()).forEach(HeldObject::orphan);
    }
}
