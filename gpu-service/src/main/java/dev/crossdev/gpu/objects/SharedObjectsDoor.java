package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.Names;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.device.v1.Uuid;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.DetachRequest;
import dev.crossdev.proto.objects.v1.DetachResponse;
import dev.crossdev.proto.objects.v1.GetRequest;
import dev.crossdev.proto.objects.v1.GetResponse;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.ListResponse;
import dev.crossdev.proto.objects.v1.ReadRequest;
import dev.crossdev.proto.objects.v1.ReadResponse;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WriteRequest;
import dev.crossdev.proto.objects.v1.WriteResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.UUID;
import java.util.function.Supplier;

/** The gRPC door of the exported objects. Nothing here waits on the caller's thread. */
public class SharedObjectsDoor extends SharedObjectsGrpc.SharedObjectsImplBase {
    private static final System.Logger LOG = System.getLogger(SharedObjectsDoor.class.getName());

    /** Characters of an importer's or its device's name. */
    private static final int LONGEST_NAME = 128;

    private final LocalObjects objects;
    private final WriteBudget writes;

    public SharedObjectsDoor(LocalObjects objects) {
        this.objects = objects;
        this.writes = new WriteBudget(objects.settings().maxWriteBytes());
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<AttachResponse> observer) {
        answer(observer, () -> {
            Hold hold = objects.attach(
                    Names.guest(request.getGuest()),
                    uuid(request.hasUuid(), request.getUuid()),
                    importer(request.getImporter()),
                    bounded("a device's name", request.getDevice()));
            return ObjectMessages.attached(hold, objects);
        });
    }

    @Override
    public void detach(DetachRequest request, StreamObserver<DetachResponse> observer) {
        answer(observer, () -> {
            objects.detach(Names.guest(request.getGuest()), importer(request.getImporter()), request.getAttachment());
            return DetachResponse.getDefaultInstance();
        });
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> observer) {
        answer(observer, () -> {
            UUID uuid = uuid(request.hasUuid(), request.getUuid());
            ExportedObject object =
                    objects.find(Names.guest(request.getGuest()), uuid).orElseThrow(() -> LocalObjects.unknown(uuid));
            return GetResponse.newBuilder()
                    .setObject(ObjectMessages.object(object))
                    .build();
        });
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> observer) {
        answer(observer, () -> ObjectPages.page(objects.list(Names.guest(request.getGuest())), request));
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> observer) {
        return new WatchCall(objects, (ServerCallStreamObserver<WatchResponse>) observer);
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> observer) {
        ReadCall call = new ReadCall(objects.settings(), (ServerCallStreamObserver<ReadResponse>) observer);
        try {
            Hold hold = objects.hold(
                    Names.guest(request.getGuest()), importer(request.getImporter()), request.getAttachment());
            call.start(hold, request);
        } catch (RuntimeException e) {
            call.fail(e);
        }
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> observer) {
        return new WriteCall(objects, writes, (ServerCallStreamObserver<WriteResponse>) observer);
    }

    /** @throws ErrnoException EINVAL when it is empty or too long */
    static String importer(String name) {
        if (name.isBlank()) {
            throw new ErrnoException(Errno.EINVAL, "an importer needs a name");
        }
        return bounded("an importer's name", name);
    }

    private static String bounded(String what, String name) {
        if (name.length() > LONGEST_NAME) {
            throw new ErrnoException(Errno.EINVAL, what + " has at most " + LONGEST_NAME + " characters");
        }
        return name;
    }

    private static UUID uuid(boolean present, Uuid uuid) {
        if (!present) {
            throw new ErrnoException(Errno.EINVAL, "no UUID given");
        }
        return Uuids.fromProto(uuid);
    }

    private static <T> void answer(StreamObserver<T> observer, Supplier<T> answer) {
        T message;
        try {
            message = answer.get();
        } catch (RuntimeException e) {
            observer.onError(Statuses.toException(noted(e)));
            return;
        }
        observer.onNext(message);
        observer.onCompleted();
    }

    /** What nobody expected belongs in the log; the importer learns only that it was an internal error. */
    static RuntimeException noted(RuntimeException e) {
        if (!Statuses.isExpected(e)) {
            LOG.log(System.Logger.Level.ERROR, "a call on shared objects failed", e);
        }
        return e;
    }
}
