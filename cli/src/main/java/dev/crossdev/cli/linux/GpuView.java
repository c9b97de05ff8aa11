package dev.crossdev.cli.linux;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.dmabuf.waiting.Backoff;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.CaptureScanoutRequest;
import dev.crossdev.proto.admin.v1.CaptureScanoutResponse;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ScanoutHeader;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.DetachRequest;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.ReadRequest;
import dev.crossdev.proto.objects.v1.SharedObject;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** What gpu-service says of one guest's objects and scanouts, beside the guest itself. */
public final class GpuView implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 10;
    private static final String IMPORTER = "crossdev linux";

    private final ManagedChannel channel;
    private final String guest;

    public GpuView(HostPort gpu, String guest) {
        this.channel = Channels.plaintext(gpu.host(), gpu.port());
        this.guest = guest;
    }

    /** What a scanout shows: rows, tightly packed, 4 bytes a pixel, in the format that it was set with. */
    public record Shown(int width, int height, int format, byte[] pixels) {}

    /** The objects that the guest's devices have exported. */
    public List<SharedObject> objects() {
        return call(channels -> SharedObjectsGrpc.newBlockingStub(channels)
                .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .list(ListRequest.newBuilder().setGuest(guest).setPageSize(1000).build())
                .getObjectsList());
    }

    /** Their UUIDs. */
    public List<UUID> uuids() {
        return objects().stream()
                .map(object -> Uuids.fromProto(object.getUuid()))
                .toList();
    }

    /** All bytes of an object, as an importer reads them. */
    public byte[] read(UUID object) {
        return call(channels -> {
            SharedObjectsGrpc.SharedObjectsBlockingStub stub =
                    SharedObjectsGrpc.newBlockingStub(channels).withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
            StreamObserver<WatchRequest> watching = watch(channels);
            AttachResponse attached = stub.attach(AttachRequest.newBuilder()
                    .setGuest(guest)
                    .setUuid(Uuids.toProto(object))
                    .setImporter(IMPORTER)
                    .build());
            try {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                stub.read(ReadRequest.newBuilder()
                                .setGuest(guest)
                                .setImporter(IMPORTER)
                                .setAttachment(attached.getAttachment())
                                .setLength(attached.getLayout().getSize())
                                .build())
                        .forEachRemaining(
                                part -> bytes.writeBytes(part.getData().toByteArray()));
                return bytes.toByteArray();
            } finally {
                var _ = stub.detach(DetachRequest.newBuilder()
                        .setGuest(guest)
                        .setImporter(IMPORTER)
                        .setAttachment(attached.getAttachment())
                        .build());
                watching.onCompleted();
            }
        });
    }

    /** An importer must be there to hear that an object goes away; this one is done before it could matter. */
    private StreamObserver<WatchRequest> watch(ManagedChannel channels) {
        CompletableFuture<Void> heard = new CompletableFuture<>();
        StreamObserver<WatchRequest> watching = SharedObjectsGrpc.newStub(channels)
                .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .watch(new StreamObserver<>() {
                    @Override
                    public void onNext(WatchResponse response) {
                        if (response.hasSynchronized()) {
                            heard.complete(null);
                        }
                    }

                    @Override
                    public void onError(Throwable failure) {
                        heard.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {
                        heard.completeExceptionally(new IllegalStateException("the watch ended"));
                    }
                });
        watching.onNext(WatchRequest.newBuilder()
                .setStart(WatchStart.newBuilder().setGuest(guest).setImporter(IMPORTER))
                .build());
        // Ends with the call's deadline.
        Void unused = heard.join();
        return watching;
    }

    /**
     * What a device's first scanout shows, once it was flushed: a driver that sets a scanout does not wait for its device.
     *
     * @param patience how long to wait for that
     */
    public Shown flushed(String device, Duration patience) {
        Backoff backoff = new Backoff(Deadline.after(patience));
        while (true) {
            try {
                Capture capture = capture(device);
                if (capture.flushes() > 0 || !backoff.pause()) {
                    return capture.shown();
                }
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.NOT_FOUND || !backoff.pause()) {
                    throw failure(e);
                }
            }
        }
    }

    private record Capture(Shown shown, long flushes) {}

    private Capture capture(String device) {
        ScanoutHeader header = ScanoutHeader.getDefaultInstance();
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        var parts = DeviceAdminGrpc.newBlockingStub(channel)
                .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .captureScanout(CaptureScanoutRequest.newBuilder()
                        .setGuest(guest)
                        .setDevice(device)
                        .build());
        while (parts.hasNext()) {
            CaptureScanoutResponse part = parts.next();
            if (part.hasHeader()) {
                header = part.getHeader();
            } else {
                pixels.writeBytes(part.getData().toByteArray());
            }
        }
        return new Capture(
                new Shown(header.getWidth(), header.getHeight(), header.getFormat(), pixels.toByteArray()),
                header.getFlushCount());
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private <T> T call(Function<ManagedChannel, T> request) {
        try {
            return request.apply(channel);
        } catch (CompletionException e) {
            throw new CommandFailure(ExitCode.CHECK_FAILED, "gpu-service: " + e.getCause(), e);
        } catch (StatusRuntimeException e) {
            throw failure(e);
        }
    }

    private static CommandFailure failure(StatusRuntimeException e) {
        return new CommandFailure(
                ExitCode.CHECK_FAILED, "gpu-service: " + Statuses.toErrno(e).getMessage(), e);
    }
}
