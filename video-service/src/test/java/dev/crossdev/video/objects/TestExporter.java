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
import dev.crossdev.proto.objects.v1.WriteRequest;
import dev.crossdev.proto.objects.v1.WriteResponse;
import dev.crossdev.proto.objects.v1.WriteStart;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

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
    /** Whether attaches name the descriptor socket. */
    public volatile boolean socketNamed = true;
    /** Whether a Write's answer is kept back. */
    public volatile boolean writesUnanswered;
    /** Messages of a Write that are read; the sender has to wait for the rest. */
    public volatile int writeMessagesRead = Integer.MAX_VALUE;
    /** What Writes are refused with, if they are. */
    public volatile @Nullable Errno writeRefusal;
    /** What a Write says it has written, if that is not the truth. */
    public volatile @Nullable Long writtenSaid;
    /** As they came: the start and how many pieces and bytes of data followed. */
    public final List<WriteSeen> writes = new CopyOnWriteArrayList<>();
    /** Attachments that an importer said it has let go of. */
    public final List<Integer> acknowledged = new CopyOnWriteArrayList<>();

    private final Map<Integer, Exported> attached = new ConcurrentHashMap<>();
    private final DescriptorServer descriptors;
    private final MemoryToken fenceToken;
    private final Server server;

    /** A Write, as far as it has got. */
    public static final class WriteSeen {
        public volatile WriteStart start = WriteStart.getDefaultInstance();
        public final AtomicInteger pieces = new AtomicInteger();
        public final AtomicLong bytes = new AtomicLong();
        public volatile boolean cancelled;
        public volatile boolean committed;
    }

    /** One exported object; without extents of its own it lies in the middle of its memory and has a layout. */
    public record Exported(SharedMemory memory, MemoryToken token, int slot, List<MemoryPiece> blob) {
        public static final long OFFSET = 4096;

        /** The object's bytes as they lie now. */
        public byte[] content() {
            byte[] bytes = new byte[Math.toIntExact(blob.isEmpty() ? BYTES : MemoryPiece.size(blob))];
            int at = 0;
            for (MemoryPiece piece : pieces()) {
                MemorySegment.ofArray(bytes).asSlice(at, piece.length()).copyFrom(piece.segment());
                at += Math.toIntExact(piece.length());
            }
            return bytes;
        }

        List<MemoryPiece> pieces() {
            return blob.isEmpty() ? List.of(new MemoryPiece(memory, OFFSET, BYTES)) : blob;
        }
    }

    public TestExporter(Path folder, int port) {
        descriptors = DescriptorServer.listen(folder.resolve("exporter.sock"));
        fenceToken = descriptors.publish(fences.memory());
        try {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .addService(this)
                    // So that a sender soon has to wait for a reader that is slow.
                    .flowControlWindow(128 << 10)
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
            attached.put(attachment, object);
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
                .setDescriptorSocket(socketNamed ? descriptors.path().toString() : "")
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

    /** All or nothing, as the contract has it: into the object with the last byte. */
    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> observer) {
        WriteSeen seen = new WriteSeen();
        writes.add(seen);
        ServerCallStreamObserver<WriteResponse> call = (ServerCallStreamObserver<WriteResponse>) observer;
        call.setOnCancelHandler(() -> seen.cancelled = true);
        int limit = writeMessagesRead;
        if (limit < Integer.MAX_VALUE) {
            call.disableAutoRequest();
            call.request(limit);
        }
        Errno refusal = writeRefusal;
        if (refusal != null) {
            observer.onError(Statuses.toException(new ErrnoException(refusal, "refused by the test")));
        }
        return new StreamObserver<>() {
            private ByteString data = ByteString.EMPTY;

            @Override
            public void onNext(WriteRequest request) {
                if (request.hasStart()) {
                    seen.start = request.getStart();
                    return;
                }
                data = data.concat(request.getData());
                seen.pieces.incrementAndGet();
                seen.bytes.addAndGet(request.getData().size());
                if (data.size() == seen.start.getLength() && !writesUnanswered) {
                    commit(seen, data);
                    Long said = writtenSaid;
                    observer.onNext(WriteResponse.newBuilder()
                            .setWritten(said == null ? data.size() : said)
                            .build());
                    observer.onCompleted();
                }
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        };
    }

    private void commit(WriteSeen seen, ByteString data) {
        Exported object = attached.get(seen.start.getAttachment());
        if (object == null) {
            throw new AssertionError("nothing is attached as " + seen.start.getAttachment());
        }
        byte[] all = object.content();
        long row = seen.start.getRow() == 0 ? data.size() : seen.start.getRow();
        long stride = seen.start.getRow() == 0 ? row : seen.start.getStride();
        for (int at = 0; at < data.size(); at++) {
            all[Math.toIntExact(seen.start.getOffset() + at / row * stride + at % row)] = data.byteAt(at);
        }
        int holder = seen.start.getAttachment();
        if (!fences.slot(object.slot()).tryAcquireWrite(holder, Duration.ofSeconds(10))) {
            throw new AssertionError("somebody holds a fence");
        }
        int from = 0;
        for (MemoryPiece piece : object.pieces()) {
            int length = Math.toIntExact(piece.length());
            piece.segment().copyFrom(MemorySegment.ofArray(all).asSlice(from, length));
            from += length;
        }
        var _ = fences.slot(object.slot()).releaseWrite(holder, false);
        seen.committed = true;
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
