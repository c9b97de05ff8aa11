package dev.crossdev.video.objects;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.DetachRequest;
import dev.crossdev.proto.objects.v1.DetachResponse;
import dev.crossdev.proto.objects.v1.Extent;
import dev.crossdev.proto.objects.v1.FenceSlot;
import dev.crossdev.proto.objects.v1.ObjectLayout;
import dev.crossdev.proto.objects.v1.RevokeRequested;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchSynchronized;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A small exporting service: real gRPC on loopback, real memfds over a real socket. */
public final class TestExporter extends SharedObjectsGrpc.SharedObjectsImplBase implements AutoCloseable {
    public static final int WIDTH = 64;
    public static final int HEIGHT = 48;
    public static final int BYTES = WIDTH * HEIGHT * 4;

    public final FenceTable fences = FenceTable.create(64);
    public final Map<UUID, Exported> objects = new ConcurrentHashMap<>();
    public final Set<String> watching = ConcurrentHashMap.newKeySet();
    public final List<StreamObserver<WatchResponse>> watches = new CopyOnWriteArrayList<>();
    public final Set<Integer> attachments = ConcurrentHashMap.newKeySet();
    public final List<Long> deadlinesMillis = new CopyOnWriteArrayList<>();
    public final AtomicInteger attaches = new AtomicInteger();
    public volatile ByteString bootId = BootId.local().bytes();
    public volatile boolean silent;
    public volatile boolean withdraw;
    /** Whether a revoke goes out before the answer to the attach. */
    public volatile boolean revokeAtOnce;
    /** Attachments that an importer said it has let go of. */
    public final List<Integer> acknowledged = new CopyOnWriteArrayList<>();

    private final DescriptorServer descriptors;
    private final MemoryToken fenceToken;
    private final Server server;

    /** One exported object; without extents of its own it lies in the middle of its memory and has a layout. */
    public record Exported(SharedMemory memory, MemoryToken token, int slot, List<MemoryPiece> blob) {
        public static final long OFFSET = 4096;
    }

    public TestExporter(Path folder, int port) {
        descriptors = DescriptorServer.listen(folder.resolve("exporter.sock"));
        fenceToken = descriptors.publish(fences.memory());
        try {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .addService(this)
                    .directExecutor()
                    .build()
                    .start();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public int port() {
        return server.getPort();
    }

    public UUID export() {
        SharedMemory memory = SharedMemory.create("exported", Exported.OFFSET + BYTES);
        UUID uuid = UUID.randomUUID();
        objects.put(uuid, new Exported(memory, descriptors.publish(memory), fences.allocate(), List.of()));
        return uuid;
    }

    /** A blob whose bytes lie at these offsets of one memory, each run as long as the other number of the pair. */
    public UUID exportBlob(long... offsetsAndLengths) {
        SharedMemory memory = SharedMemory.create("exported", 1 << 20);
        List<MemoryPiece> pieces = new ArrayList<>();
        for (int i = 0; i < offsetsAndLengths.length; i += 2) {
            pieces.add(new MemoryPiece(memory, offsetsAndLengths[i], offsetsAndLengths[i + 1]));
        }
        UUID uuid = UUID.randomUUID();
        objects.put(uuid, new Exported(memory, descriptors.publish(memory), fences.allocate(), pieces));
        return uuid;
    }

    /** The memory goes away under all importers. */
    public void revoke(int attachment) {
        watches.forEach(watch -> {
            synchronized (watch) {
                watch.onNext(WatchResponse.newBuilder()
                        .setRevokeRequested(RevokeRequested.newBuilder().setAttachment(attachment))
                        .build());
            }
        });
    }

    public Exported object(UUID uuid) {
        Exported object = objects.get(uuid);
        if (object == null) {
            throw new AssertionError("no object " + uuid);
        }
        return object;
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<AttachResponse> observer) {
        attaches.incrementAndGet();
        Deadline deadline = Context.current().getDeadline();
        deadlinesMillis.add(deadline == null ? -1 : deadline.timeRemaining(TimeUnit.MILLISECONDS));
        if (silent) {
            return;
        }
        Exported object = objects.get(Uuids.fromProto(request.getUuid()));
        if (!watching.contains(request.getGuest() + "/" + request.getImporter())) {
            observer.onError(Statuses.toException(new ErrnoException(Errno.EBUSY, "not watching")));
        } else if (object == null || !request.getGuest().equals("default")) {
            observer.onError(Statuses.toException(new ErrnoException(Errno.ENOENT, "no such object")));
        } else {
            int attachment = attaches.get();
            attachments.add(attachment);
            if (withdraw) {
                descriptors.withdraw(object.token());
            }
            if (revokeAtOnce) {
                revoke(attachment);
            }
            observer.onNext(answer(attachment, object));
            observer.onCompleted();
        }
    }

    private AttachResponse answer(int attachment, Exported object) {
        AttachResponse.Builder answer = AttachResponse.newBuilder()
                .setAttachment(attachment)
                .setFence(FenceSlot.newBuilder()
                        .setMemoryToken(ByteString.copyFrom(fenceToken.bytes()))
                        .setSlot(object.slot()))
                .setDescriptorSocket(descriptors.path().toString())
                .setBootId(bootId);
        if (object.blob().isEmpty()) {
            return answer.setLayout(ObjectLayout.newBuilder()
                            .setFormat(1)
                            .setWidth(WIDTH)
                            .setHeight(HEIGHT)
                            .setStride(WIDTH * 4)
                            .setSize(BYTES))
                    .addExtents(extent(object, Exported.OFFSET, BYTES))
                    .build();
        }
        object.blob().forEach(piece -> answer.addExtents(extent(object, piece.offset(), piece.length())));
        return answer.setLayout(ObjectLayout.newBuilder().setSize(MemoryPiece.size(object.blob())))
                .build();
    }

    private static Extent extent(Exported object, long offset, long length) {
        return Extent.newBuilder()
                .setMemoryToken(ByteString.copyFrom(object.token().bytes()))
                .setOffset(offset)
                .setLength(length)
                .setMemorySize(object.memory().size())
                .build();
    }

    @Override
    public void detach(DetachRequest request, StreamObserver<DetachResponse> observer) {
        attachments.remove(request.getAttachment());
        observer.onNext(DetachResponse.getDefaultInstance());
        observer.onCompleted();
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> observer) {
        watches.add(observer);
        return new StreamObserver<>() {
            private final List<String> mine = new ArrayList<>();

            @Override
            public void onNext(WatchRequest request) {
                if (request.hasRevokeAcknowledged()) {
                    acknowledged.add(request.getRevokeAcknowledged().getAttachment());
                    attachments.remove(request.getRevokeAcknowledged().getAttachment());
                    return;
                }
                mine.add(
                        request.getStart().getGuest() + "/" + request.getStart().getImporter());
                watching.addAll(mine);
                observer.onNext(WatchResponse.newBuilder()
                        .setSynchronized(WatchSynchronized.getDefaultInstance())
                        .build());
            }

            @Override
            public void onError(Throwable failure) {
                watching.removeAll(mine);
            }

            @Override
            public void onCompleted() {
                watching.removeAll(mine);
                observer.onCompleted();
            }
        };
    }

    /** Ends the importers' life lines, as a restart would, without going away. */
    void endWatches() {
        List<StreamObserver<WatchResponse>> now = List.copyOf(watches);
        watches.clear();
        watching.clear();
        now.forEach(watch -> watch.onError(Statuses.toException(new ErrnoException(Errno.EIO, "ended by the test"))));
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            assert server.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        descriptors.close();
        objects.values().forEach(object -> object.memory().close());
        fences.close();
    }
}
