package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.grpc.client.FirstAnswer;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.DetachRequest;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc.SharedObjectsStub;
import dev.crossdev.proto.objects.v1.WriteStart;
import dev.crossdev.video.device.HeldObject;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.device.ObjectContent;
import dev.crossdev.video.device.SentPictures;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Imports objects of one exporting service, for {@link DirectoryImporter}. Calls return at once; every import ends by its
 * deadline. While the service is away imports fail, what was mapped stays mapped; when it is back, so are imports.
 */
public final class SharedObjectsImporter implements AutoCloseable {

    /** Mapping waits for the descriptor socket, in native calls: a few threads of its own do that. */
    private static final int MAPPERS = 4;

    /** How long a service that was away may take to accept a connection. */
    private static final Duration RECONNECT = Duration.ofMillis(500);

    private final ManagedChannel channel;
    private final SharedObjectsStub stub;
    private final Duration timeout;
    private final WriteListener listener;
    private final UnaryOperator<SharedObjectsStub> inCallersTrace;
    /** Random, so that no two processes are one importer to the service. */
    private final String importer =
            "video-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());

    private final Map<String, GuestWatch> watches = new HashMap<>();
    private final MemoryCache memories = new MemoryCache();
    private final DescriptorSocket socket;
    private final ObjectPaths paths;
    private final ThreadPoolExecutor mappers;

    /**
     * @param channel to the exporting service; stays the caller's
     * @param placement of the objects' content, as seen from here
     * @param timeout of an import whose caller has no earlier deadline
     * @param inCallersTrace puts an import's call into the trace of the thread that asks for the import; asked on that thread
     */
    public SharedObjectsImporter(
            ManagedChannel channel,
            Placement placement,
            Duration timeout,
            WriteListener listener,
            UnaryOperator<SharedObjectsStub> inCallersTrace) {
        this.channel = channel;
        this.stub = SharedObjectsGrpc.newStub(channel);
        this.timeout = timeout;
        this.listener = listener;
        this.inCallersTrace = inCallersTrace;
        socket = new DescriptorSocket(timeout);
        paths = new ObjectPaths(placement, socket, memories);
        mappers = new ThreadPoolExecutor(
                MAPPERS,
                MAPPERS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("object-import-", 1).factory());
        mappers.allowCoreThreadTimeOut(true);
    }

    /** How many memories of the exporting service are mapped here. */
    public int mappedMemories() {
        return memories.size();
    }

    /** Whether nothing of the exporting service is held here. */
    boolean isIdle() {
        synchronized (watches) {
            return watches.values().stream().allMatch(GuestWatch::holdsNothing);
        }
    }

    /**
     * As {@link dev.crossdev.video.device.ObjectImporter#attach}.
     *
     * @param callers ends it too, when it is earlier than our own
     */
    CompletionStage<ImportedObject> attach(String guest, UUID uuid, String device, @Nullable Deadline callers) {
        CompletableFuture<ImportedObject> result = new CompletableFuture<>();
        Deadline own = Deadline.after(timeout.toNanos(), TimeUnit.NANOSECONDS);
        Deadline deadline = callers == null ? own : own.minimum(callers);
        // The calls' own deadlines end them; this one ends whatever else could hang, mapping for one.
        CompletableFuture<ImportedObject> bounded =
                result.orTimeout(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)), TimeUnit.NANOSECONDS);
        SharedObjectsStub calls = inCallersTrace.apply(stub).withDeadline(deadline);
        // Not under the caller's context: with it a call that has long been answered would cancel this one.
        Context.ROOT.run(() -> begin(calls, guest, uuid, device, bounded));
        return bounded;
    }

    private void begin(
            SharedObjectsStub calls, String guest, UUID uuid, String device, CompletableFuture<ImportedObject> result) {
        var _ = reachable()
                .thenCompose(_ -> watch(guest).ready())
                .thenCompose(watch -> call(calls, guest, uuid, device)
                        .thenApplyAsync(attached -> hold(guest, watch, attached), mappers))
                .handle((object, failure) -> {
                    if (failure != null) {
                        result.completeExceptionally(Statuses.toErrno(failure));
                    } else if (!result.complete(object)) {
                        // Too late: nobody will release it.
                        object.release();
                    }
                    return null;
                });
    }

    /**
     * Completes when a call makes sense. After a failure the channel would fail every call until a back-off of up to two
     * minutes is over; but somebody wants it now, so it tries now.
     */
    private CompletableFuture<Void> reachable() {
        if (channel.getState(true) != ConnectivityState.TRANSIENT_FAILURE) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> changed = new CompletableFuture<>();
        channel.notifyWhenStateChanged(ConnectivityState.TRANSIENT_FAILURE, () -> changed.complete(null));
        channel.resetConnectBackoff();
        return changed.orTimeout(RECONNECT.toNanos(), TimeUnit.NANOSECONDS)
                .exceptionallyCompose(timeout -> CompletableFuture.failedFuture(
                        new DeviceGoneException("the exporting service is not there", timeout)));
    }

    private GuestWatch watch(String guest) {
        synchronized (watches) {
            GuestWatch current = watches.get(guest);
            if (current != null && !current.hasEnded()) {
                return current;
            }
            GuestWatch fresh = GuestWatch.open(stub, guest, importer);
            watches.put(guest, fresh);
            return fresh;
        }
    }

    private CompletableFuture<AttachResponse> call(SharedObjectsStub calls, String guest, UUID uuid, String device) {
        FirstAnswer<AttachResponse> answer = new FirstAnswer<>();
        calls.attach(
                AttachRequest.newBuilder()
                        .setGuest(guest)
                        .setUuid(Uuids.toBareProto(uuid))
                        .setImporter(importer)
                        .setDevice(device)
                        .build(),
                answer);
        return answer.future();
    }

    private ImportedObject hold(String guest, GuestWatch watch, AttachResponse attached) {
        int attachment = attached.getAttachment();
        try {
            ReachedObject reached = paths.reach(attached, sender(guest, attachment));
            AtomicReference<@Nullable HeldObject> held = new AtomicReference<>();
            ObjectContent content = new TimedContent(reached.content(), listener);
            HeldObject object = new HeldObject(reached.layout(), content, () -> {
                reached.giveUp().run();
                watch.remove(attachment);
                HeldObject self = held.get();
                if (self != null && self.revoked()) {
                    watch.acknowledge(attachment);
                } else {
                    detach(guest, watch, attachment);
                }
            });
            held.set(object);
            watch.add(attachment, object);
            return object;
        } catch (RuntimeException e) {
            watch.remove(attachment);
            detach(guest, watch, attachment);
            throw e;
        }
    }

    private SentPictures.Sender sender(String guest, int attachment) {
        WriteStart object = WriteStart.newBuilder()
                .setGuest(guest)
                .setImporter(importer)
                .setAttachment(attachment)
                .build();
        return (bytes, layout, limit) -> PictureWrite.send(stub, object, bytes, layout, limit);
    }

    /** Nobody waits for it: without it the hold falls with the watch. */
    private void detach(String guest, GuestWatch watch, int attachment) {
        if (!watch.hasEnded()) {
            Context.ROOT.run(() -> stub.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    .detach(
                            DetachRequest.newBuilder()
                                    .setGuest(guest)
                                    .setImporter(importer)
                                    .setAttachment(attachment)
                                    .build(),
                            new FirstAnswer<>()));
        }
    }

    /** Ends the watches, and with them our holds at the service. What is still held stays mapped until it is released. */
    @Override
    public void close() {
        synchronized (watches) {
            watches.values().forEach(GuestWatch::close);
            watches.clear();
        }
        mappers.shutdown();
        socket.close();
    }
}
