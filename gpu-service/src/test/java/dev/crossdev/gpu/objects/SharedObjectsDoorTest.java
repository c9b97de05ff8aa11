package dev.crossdev.gpu.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.gpu.device.TestGpu;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.DetachRequest;
import dev.crossdev.proto.objects.v1.Extent;
import dev.crossdev.proto.objects.v1.GetRequest;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.ListResponse;
import dev.crossdev.proto.objects.v1.ReadRequest;
import dev.crossdev.proto.objects.v1.ReadResponse;
import dev.crossdev.proto.objects.v1.RevokeAcknowledged;
import dev.crossdev.proto.objects.v1.SharedObject;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import dev.crossdev.proto.objects.v1.WriteRequest;
import dev.crossdev.proto.objects.v1.WriteResponse;
import dev.crossdev.proto.objects.v1.WriteStart;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The door over real sockets, a real device behind it and a real descriptor socket beside it. */
class SharedObjectsDoorTest {
    private static final String GUEST = TestGpu.GUEST;
    private static final String IMPORTER = "video-1";
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int SIDE = 512;
    private static final int BYTES = SIDE * SIDE * 4;
    private static final Rect ALL = Rect.of(SIDE, SIDE);

    @TempDir
    private Path folder;

    private DescriptorServer descriptors;
    private LocalObjects objects;
    private TestGpu gpu;
    private Server server;
    private ManagedChannel channel;
    private SharedObjectsGrpc.SharedObjectsBlockingStub door;

    @BeforeEach
    void open() throws IOException {
        descriptors = DescriptorServer.listen(folder.resolve("gpu.sock"));
        objects = new LocalObjects(
                new ObjectSettings(16, 16, 2 * BYTES, Duration.ofMillis(500), Duration.ofSeconds(3)),
                MemoryHandout.of(descriptors));
        gpu = TestGpu.of(objects, GUEST);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new SharedObjectsDoor(objects))
                .build()
                .start();
        channel = Channels.plaintext("127.0.0.1", server.getPort());
        door = SharedObjectsGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() throws InterruptedException {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        server.shutdownNow();
        assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        await().until(() -> objects.importers() == 0);
        gpu.close();
        assertThat(objects.counts().values()).containsOnly(0);
        assertThat(objects.attachments()).isZero();
        objects.close();
        assertThat(descriptors.published()).isZero();
        descriptors.close();
        await().untilAsserted(() -> assertThat(SharedMemory.live()).isZero());
    }

    @Test
    void anImporterMapsTheMemoryAndSeesThePixels() {
        UUID uuid = exported(1);
        gpu.fill(1, SIDE, SIDE, 0x37);
        Watch watch = watch(IMPORTER);

        AttachResponse attached = attach(uuid);

        assertThat(attached.getDescriptorSocket()).isEqualTo(descriptors.path().toString());
        assertThat(attached.getBootId().size()).isEqualTo(16);
        assertThat(attached.getLayout().getWidth()).isEqualTo(SIDE);
        assertThat(attached.getLayout().getHeight()).isEqualTo(SIDE);
        assertThat(attached.getLayout().getStride()).isEqualTo(SIDE * 4);
        assertThat(attached.getLayout().getFormat()).isEqualTo(1);
        assertThat(attached.getLayout().getOffset()).isZero();
        assertThat(attached.getLayout().getSize()).isEqualTo(BYTES);
        try (DescriptorClient client = DescriptorClient.connect(Path.of(attached.getDescriptorSocket()), LONG);
                SharedMemory memory = memory(client, attached);
                FenceTable fences = fences(client, attached)) {
            assertThat(memory.slice(0, BYTES).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x37);

            // The other way round, under the importer's own fence, which the device's flush waits for.
            FenceSlot fence = fences.slot(attached.getFence().getSlot());
            gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
            assertThat(fence.tryAcquireWrite(attached.getAttachment(), LONG)).isTrue();
            CompletableFuture<GpuReply> flush = gpu.submit(new GpuCommand.ResourceFlush(ALL, 1));
            memory.slice(0, BYTES).fill((byte) 0x73);
            assertThat(flush).isNotDone();
            fence.releaseWrite(attached.getAttachment(), false);

            assertThat(TestGpu.await(flush).response().result()).isEqualTo(GpuResult.OK_NODATA);
            assertThat(gpu.capture(0).pixels()).containsOnly(0x73);
        }
        watch.end();
    }

    @Test
    void whatIsHeldOutlivesUnrefAndReset() {
        UUID one = exported(1);
        UUID two = exported(2);
        gpu.fill(1, SIDE, SIDE, 0x11);
        gpu.fill(2, SIDE, SIDE, 0x22);
        Watch watch = watch(IMPORTER);
        AttachResponse first = attach(one);
        AttachResponse second = attach(two);

        gpu.ok(new GpuCommand.ResourceUnref(1));
        gpu.device.reset();

        assertStatus(Status.Code.NOT_FOUND, Errno.ENOENT, () -> attach(one));
        assertStatus(Status.Code.NOT_FOUND, Errno.ENOENT, () -> get(GUEST, two));
        assertThat(read(first, 0, 0)).containsOnly(0x11).hasSize(BYTES);
        assertThat(read(second, 0, 0)).containsOnly(0x22).hasSize(BYTES);
        assertThat(objects.counts()).containsEntry(ObjectState.LINGERING, 2);
        assertThat(gpu.device.usage().resources()).isZero();
        assertThat(gpu.device.usage().bufferBytes()).isEqualTo(2L * BYTES);

        detach(first.getAttachment());
        watch.end();
        await().untilAsserted(() -> assertThat(gpu.device.usage().bufferBytes()).isZero());
    }

    @Test
    void attachNeedsAnOpenWatch() {
        UUID uuid = exported(1);

        assertStatus(Status.Code.FAILED_PRECONDITION, Errno.ESTALE, () -> attach(uuid));
        Watch watch = watch(IMPORTER);
        int attachment = attach(uuid).getAttachment();
        assertThat(attachment).isPositive();
        watch.end();
        await().until(() -> objects.attachments() == 0);
        assertStatus(Status.Code.FAILED_PRECONDITION, Errno.ESTALE, () -> attach(uuid));
    }

    @Test
    void aDeadImportersHoldsAndFencesFall() {
        UUID uuid = exported(1);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        ManagedChannel dying = Channels.plaintext("127.0.0.1", server.getPort());
        Watch watch = new Watch(dying, GUEST, IMPORTER);
        watch.observer.awaitMessages(2);
        AttachResponse attached = attach(uuid);
        ExportedObject object = objects.find(GUEST, uuid).orElseThrow();
        object.fence().tryAcquireWrite(attached.getAttachment(), LONG);
        CompletableFuture<GpuReply> flush = gpu.submit(new GpuCommand.ResourceFlush(ALL, 1));
        assertThat(flush).isNotDone();

        dying.shutdownNow();

        assertThat(TestGpu.await(flush).response().result()).isEqualTo(GpuResult.OK_NODATA);
        assertThat(object.fence().writeError()).contains(Errno.ENODEV);
        await().until(() -> objects.attachments() == 0 && objects.importers() == 0);
        assertThat(objects.counts()).containsEntry(ObjectState.EXPORTED, 1);
    }

    @Test
    void anotherGuestsObjectIsAnsweredLikeAnUnknownOne() {
        UUID theirs = exported(1);
        UUID nobodys = UUID.randomUUID();
        Watch watch = new Watch(channel, "other", IMPORTER);
        watch.observer.awaitMessages(1);

        StatusRuntimeException toTheirs = failure(() -> attach("other", theirs));
        StatusRuntimeException toNobodys = failure(() -> attach("other", nobodys));
        assertThat(toTheirs.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(String.valueOf(toTheirs.getStatus().getDescription()).replace(theirs.toString(), ""))
                .isEqualTo(
                        String.valueOf(toNobodys.getStatus().getDescription()).replace(nobodys.toString(), ""));
        assertStatus(Status.Code.NOT_FOUND, Errno.ENOENT, () -> get("other", theirs));
        assertThat(door.list(ListRequest.newBuilder().setGuest("other").build()).getObjectsList())
                .isEmpty();
        assertThat(watch.observer.messages).hasSize(1);
        watch.end();
    }

    @Test
    void anothersAttachmentIsUnknown() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        Watch other = watch("video-2");
        AttachResponse attached = attach(uuid);
        ReadRequest read = ReadRequest.newBuilder()
                .setImporter("video-2")
                .setAttachment(attached.getAttachment())
                .build();

        assertStatus(Status.Code.NOT_FOUND, Errno.ENOENT, () -> door.read(read).next());
        door.detach(DetachRequest.newBuilder()
                .setImporter("video-2")
                .setAttachment(attached.getAttachment())
                .build());

        assertThat(objects.attachments()).isEqualTo(1);
        watch.end();
        other.end();
    }

    @Test
    void aTakenNameAndBadRequestsAreRefused() {
        Watch watch = watch(IMPORTER);
        Watch second = new Watch(channel, GUEST, IMPORTER);
        assertThat(second.observer.awaitEnd().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
        Watch badGuest = new Watch(channel, "No Such Name!", IMPORTER);
        assertThat(badGuest.observer.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        Watch longName = new Watch(channel, GUEST, "x".repeat(129));
        assertThat(longName.observer.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        RecordingObserver<WatchRequest, WatchResponse> early = new RecordingObserver<>();
        SharedObjectsGrpc.newStub(channel)
                .watch(early)
                .onNext(WatchRequest.newBuilder()
                        .setRevokeAcknowledged(RevokeAcknowledged.newBuilder().setAttachment(3))
                        .build());
        assertThat(early.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        RecordingObserver<WatchRequest, WatchResponse> empty = new RecordingObserver<>();
        SharedObjectsGrpc.newStub(channel).watch(empty).onNext(WatchRequest.getDefaultInstance());
        assertThat(empty.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);

        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                Errno.EINVAL,
                () -> door.attach(
                        AttachRequest.newBuilder().setImporter(IMPORTER).build()));
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                Errno.EINVAL,
                () -> door.attach(AttachRequest.newBuilder()
                        .setUuid(Uuids.toProto(UUID.randomUUID()))
                        .build()));
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                Errno.EINVAL,
                () -> door.get(GetRequest.newBuilder().build()));
        assertThat(watch.observer.end).as("the first one is none the wiser").isNotDone();
        watch.end();
    }

    @Test
    void watchTellsWhatIsTheMarkerAndChanges() {
        UUID before = exported(1);
        Watch watch = watch("");
        watch.observer.awaitMessages(2);
        UUID after = exported(2);
        gpu.ok(new GpuCommand.ResourceUnref(1));
        watch.observer.awaitMessages(4);

        assertThat(watch.observer.messages)
                .extracting(WatchResponse::getEventCase)
                .containsExactly(
                        WatchResponse.EventCase.ADDED,
                        WatchResponse.EventCase.SYNCHRONIZED,
                        WatchResponse.EventCase.ADDED,
                        WatchResponse.EventCase.REMOVED);
        assertThat(uuid(watch.observer.messages.get(0).getAdded())).isEqualTo(before);
        assertThat(uuid(watch.observer.messages.get(2).getAdded())).isEqualTo(after);
        assertThat(Uuids.fromProto(watch.observer.messages.get(3).getRemoved().getUuid()))
                .isEqualTo(before);
        watch.end();
        assertThat(watch.observer.awaitEnd()).isEqualTo(Status.OK);
    }

    @Test
    void getAndListShowWhoHoldsWhat() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);

        SharedObject object = get(GUEST, uuid);

        assertThat(object.getDevice()).isEqualTo("vm0");
        assertThat(object.getResourceId()).isEqualTo(1);
        assertThat(object.getUuid().getText()).isEqualTo(uuid.toString());
        assertThat(object.getAttachmentsList()).singleElement().satisfies(attachment -> {
            assertThat(attachment.getAttachment()).isEqualTo(attached.getAttachment());
            assertThat(attachment.getImporter()).isEqualTo(IMPORTER);
            assertThat(attachment.getDevice()).isEqualTo("vd0");
        });
        assertThat(door.list(ListRequest.getDefaultInstance()).getObjectsList()).containsExactly(object);
        watch.end();
    }

    @Test
    void listsComeInPagesThatNeitherRepeatNorSkip() {
        List<UUID> all = new ArrayList<>();
        for (int id = 1; id <= 7; id++) {
            all.add(exported(id));
        }
        List<UUID> seen = new ArrayList<>();
        String token = "";
        do {
            ListResponse page = door.list(
                    ListRequest.newBuilder().setPageSize(3).setPageToken(token).build());
            assertThat(page.getObjectsCount()).isLessThanOrEqualTo(3);
            page.getObjectsList().forEach(object -> seen.add(uuid(object)));
            token = page.getNextPageToken();
        } while (!token.isEmpty());

        assertThat(seen).containsExactlyInAnyOrderElementsOf(all);
        assertThat(seen).extracting(UUID::toString).isSorted();
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                Errno.EINVAL,
                () -> door.list(ListRequest.newBuilder().setPageSize(-1).build()));
        for (String unknown : List.of("x", "1-1-1-1-1")) {
            assertStatus(
                    Status.Code.NOT_FOUND,
                    Errno.ENOENT,
                    () -> door.list(
                            ListRequest.newBuilder().setPageToken(unknown).build()));
        }
    }

    @Test
    void aRemoteWriteShowsOnTheScanoutAndReadsBack() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        byte[] picture = new byte[BYTES];
        new Random(4).nextBytes(picture);

        assertThat(write(attached, 0, picture).getWritten()).isEqualTo(BYTES);

        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
        assertThat(gpu.capture(0).pixels()).isEqualTo(picture);
        assertThat(read(attached, 0, 0)).isEqualTo(picture);
        assertThat(read(attached, 1000, 300_000)).isEqualTo(Arrays.copyOfRange(picture, 1000, 301_000));
        write(attached, 5, new byte[] {1, 2, 3});
        assertThat(read(attached, 4, 5)).containsExactly(picture[4], 1, 2, 3, picture[8]);
        watch.end();
    }

    @Test
    void aWriteIsAnsweredWhenItsLastByteHasComeAlthoughTheImporterGoesOnHoldingItsEndOpen() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        byte[] picture = new byte[BYTES];
        Arrays.fill(picture, (byte) 0x77);
        RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
        StreamObserver<WriteRequest> requests =
                SharedObjectsGrpc.newStub(channel).write(observer);
        requests.onNext(start(attached, 0, BYTES));
        for (int at = 0; at < BYTES; at += ReadCall.PIECE) {
            requests.onNext(data(picture, at, ReadCall.PIECE));
        }

        assertThat(observer.awaitEnd()).isEqualTo(Status.OK);
        assertThat(observer.messages.getFirst().getWritten()).isEqualTo(BYTES);
        assertThat(read(attached, 0, 0)).isEqualTo(picture);
        requests.onCompleted();
        watch.end();
    }

    @Test
    void noFenceKeepsReadersOutBeforeTheLastByteHasCome() {
        UUID uuid = exported(1);
        gpu.fill(1, SIDE, SIDE, 0x5a);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
        StreamObserver<WriteRequest> requests =
                SharedObjectsGrpc.newStub(channel).write(observer);
        requests.onNext(start(attached, 0, 3));
        requests.onNext(data(new byte[] {1, 2}, 0, 2));
        ExportedObject object = objects.find(GUEST, uuid).orElseThrow();
        await().until(() -> object.buffer().references() == 3);

        assertThat(object.fence().writing()).isFalse();
        assertThat(read(attached, 0, 3)).containsExactly(0x5a, 0x5a, 0x5a);
        requests.onNext(data(new byte[] {3}, 0, 1));

        assertThat(observer.awaitEnd()).isEqualTo(Status.OK);
        assertThat(read(attached, 0, 4)).containsExactly(1, 2, 3, 0x5a);
        watch.end();
    }

    @Test
    void rowsThatDoNotTouchLeaveWhatLiesBetweenThem() {
        UUID uuid = exported(1);
        gpu.fill(1, SIDE, SIDE, 0x5a);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        byte[] rows = {1, 2, 3, 4, 5, 6, 7, 8, 9};

        RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
        StreamObserver<WriteRequest> requests =
                SharedObjectsGrpc.newStub(channel).write(observer);
        requests.onNext(start(attached, 10, 9, 3, 5));
        // The pieces need not be rows.
        requests.onNext(data(rows, 0, 4));
        requests.onNext(data(rows, 4, 1));
        requests.onNext(data(rows, 5, 4));

        assertThat(observer.awaitEnd()).isEqualTo(Status.OK);
        assertThat(observer.messages.getFirst().getWritten()).isEqualTo(9);
        assertThat(read(attached, 9, 15))
                .containsExactly(0x5a, 1, 2, 3, 0x5a, 0x5a, 4, 5, 6, 0x5a, 0x5a, 7, 8, 9, 0x5a);
        watch.end();
    }

    @Test
    void rowsThatAreNoneAreRefused() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        for (WriteRequest bad : List.of(
                start(attached, 0, 10, 3, 5),
                start(attached, 0, 9, 3, 2),
                start(attached, 0, 0, 3, 3),
                start(attached, 0, 9, -3, 5),
                start(attached, 0, 9, 3, -5),
                start(attached, 0, 9, 3, Long.MAX_VALUE),
                start(attached, BYTES - 12, 9, 3, 5))) {
            RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
            SharedObjectsGrpc.newStub(channel).write(observer).onNext(bad);
            assertThat(observer.awaitEnd().getCode()).as("%s", bad).isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
        watch.end();
    }

    @Test
    void aWriteThatDoesNotEndWellWritesNothing() {
        UUID uuid = exported(1);
        gpu.fill(1, SIDE, SIDE, 0x5a);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        byte[] all = new byte[BYTES];

        assertThat(writeStatus(attached, 0, BYTES, Arrays.copyOf(all, BYTES - 1))
                        .getCode())
                .as("too little")
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(writeStatus(attached, 0, BYTES - 1, all).getCode())
                .as("too much")
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(writeStatus(attached, 1, BYTES, all).getCode())
                .as("outside")
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(writeStatus(attached, -1, 2, all).getCode()).as("outside").isEqualTo(Status.Code.INVALID_ARGUMENT);
        RecordingObserver<WriteRequest, WriteResponse> cancelled = new RecordingObserver<>();
        StreamObserver<WriteRequest> requests =
                SharedObjectsGrpc.newStub(channel).write(cancelled);
        requests.onNext(start(attached, 0, BYTES));
        requests.onNext(data(all, 0, ReadCall.PIECE));
        cancelled.cancel();
        RecordingObserver<WriteRequest, WriteResponse> big = new RecordingObserver<>();
        requests = SharedObjectsGrpc.newStub(channel).write(big);
        requests.onNext(start(attached, 0, BYTES));
        requests.onNext(data(all, 0, ReadCall.PIECE + 1));
        assertThat(big.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        RecordingObserver<WriteRequest, WriteResponse> early = new RecordingObserver<>();
        SharedObjectsGrpc.newStub(channel).write(early).onNext(data(all, 0, 1));
        assertThat(early.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        RecordingObserver<WriteRequest, WriteResponse> stranger = new RecordingObserver<>();
        SharedObjectsGrpc.newStub(channel)
                .write(stranger)
                .onNext(start(attached.toBuilder().setAttachment(4711).build(), 0, 1));
        assertThat(stranger.awaitEnd().getCode()).isEqualTo(Status.Code.NOT_FOUND);

        assertThat(read(attached, 0, 0)).containsOnly(0x5a);
        ExportedObject object = objects.find(GUEST, uuid).orElseThrow();
        assertThat(object.fence().writing()).isFalse();
        await().untilAsserted(() -> assertThat(object.buffer().references()).isEqualTo(2));
        watch.end();
    }

    /** Takes all the room that writes may have. */
    private List<RecordingObserver<WriteRequest, WriteResponse>> startedWrites(AttachResponse attached) {
        List<RecordingObserver<WriteRequest, WriteResponse>> started = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
            SharedObjectsGrpc.newStub(channel).write(observer).onNext(start(attached, 0, BYTES));
            started.add(observer);
        }
        return started;
    }

    @Test
    void aWriteThatFindsNoRoomHasItInTurn() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        List<RecordingObserver<WriteRequest, WriteResponse>> started = startedWrites(attached);
        ExportedObject object = objects.find(GUEST, uuid).orElseThrow();
        await().until(() -> object.buffer().references() == 4);
        RecordingObserver<WriteRequest, WriteResponse> waits = new RecordingObserver<>();
        send(waits, attached, 0, 3, new byte[] {1, 2, 3});
        RecordingObserver<WriteRequest, WriteResponse> givesUp = new RecordingObserver<>();
        send(givesUp, attached, 0, 1, new byte[] {9});
        await().until(() -> object.buffer().references() == 6);
        assertThat(waits.end).isNotDone();

        givesUp.cancel();
        started.getFirst().cancel();

        assertThat(waits.awaitEnd()).isEqualTo(Status.OK);
        assertThat(read(attached, 0, 3)).containsExactly(1, 2, 3);
        started.getLast().cancel();
        await().until(() -> object.buffer().references() == 2);
        watch.end();
    }

    @Test
    void aWriteDoesNotWaitForRoomForEverAndOneThatNeverHasRoomDoesNotWait() {
        UUID uuid = exported(1);
        gpu.ok(new GpuCommand.ResourceUnref(1));
        UUID large = exported(1, 1024, 1024);
        assertThat(large).isNotEqualTo(uuid);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(large);
        List<RecordingObserver<WriteRequest, WriteResponse>> started = startedWrites(attached);
        ExportedObject object = objects.find(GUEST, large).orElseThrow();
        await().until(() -> object.buffer().references() == 4);

        assertThat(writeStatus(attached, 0, 2 * BYTES + 1, new byte[0]).getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        RecordingObserver<WriteRequest, WriteResponse> waits = new RecordingObserver<>();
        SharedObjectsGrpc.newStub(channel)
                .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                .write(waits)
                .onNext(start(attached, 0, 1));
        assertThat(waits.awaitEnd().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);

        started.forEach(RecordingObserver::cancel);
        await().until(() -> object.buffer().references() == 2);
        assertThat(write(attached, 0, new byte[1]).getWritten()).isEqualTo(1);
        watch.end();
    }

    @Test
    void aWriteWaitsForReadersAndAReadForTheWriterButNotForever() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(uuid);
        FenceSlot fence = objects.find(GUEST, uuid).orElseThrow().fence();
        fence.tryAcquireRead(99, LONG);

        assertThat(writeStatus(attached, 0, 1, new byte[1]).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        fence.releaseRead(99);
        fence.tryAcquireWrite(99, LONG);
        assertStatus(Status.Code.DEADLINE_EXCEEDED, Errno.ETIMEDOUT, () -> read(attached, 0, 1));

        RecordingObserver<ReadRequest, ReadResponse> waiting = new RecordingObserver<>();
        SharedObjectsGrpc.newStub(channel).read(readRequest(attached, 0, 1), waiting);
        fence.releaseWrite(99, false);
        assertThat(waiting.awaitEnd()).isEqualTo(Status.OK);
        assertThat(fence.reading()).isFalse();
        watch.end();
    }

    @Test
    void aReaderHoldsItsFenceAndOneThatStallsIsCutOff() {
        UUID uuid = exported(1);
        Watch watch = watch(IMPORTER);
        // More than any window between here and there.
        gpu.ok(new GpuCommand.ResourceUnref(1));
        UUID large = exported(1, 3072, 2048);
        assertThat(large).isNotEqualTo(uuid);
        AttachResponse attached = attach(large);
        ExportedObject object = objects.find(GUEST, large).orElseThrow();
        RecordingObserver<ReadRequest, ReadResponse> stalling = new RecordingObserver<>(1);
        SharedObjectsGrpc.newStub(channel).read(readRequest(attached, 0, 0), stalling);
        stalling.awaitMessages(1);

        assertThat(object.fence().reading()).isTrue();
        assertThat(object.fence().tryAcquireWrite(99, LONG)).isFalse();

        await().atMost(Duration.ofSeconds(20)).until(() -> !object.fence().reading());
        assertThat(object.buffer().references()).isEqualTo(2);
        stalling.request(1000);
        assertThat(stalling.awaitEnd().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        watch.end();
    }

    @Test
    void aSlowReaderGetsEverythingInTheEnd() {
        exported(1);
        gpu.ok(new GpuCommand.ResourceUnref(1));
        UUID large = exported(1, 1024, 1536);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(large);
        RecordingObserver<ReadRequest, ReadResponse> slow = new RecordingObserver<>(0);
        SharedObjectsGrpc.newStub(channel).read(readRequest(attached, 0, 0), slow);
        int pieces = 1024 * 1536 * 4 / ReadCall.PIECE;
        for (int i = 1; i <= pieces; i++) {
            slow.request(1);
            slow.awaitMessages(i);
        }
        slow.request(1);

        assertThat(slow.awaitEnd()).isEqualTo(Status.OK);
        assertThat(slow.messages.stream().mapToInt(m -> m.getData().size()).sum())
                .isEqualTo(1024 * 1536 * 4);
        watch.end();
    }

    @Test
    void aCancelledReadDropsItsFence() {
        exported(1);
        gpu.ok(new GpuCommand.ResourceUnref(1));
        UUID large = exported(1, 3072, 2048);
        Watch watch = watch(IMPORTER);
        AttachResponse attached = attach(large);
        RecordingObserver<ReadRequest, ReadResponse> reader = new RecordingObserver<>(1);
        SharedObjectsGrpc.newStub(channel).read(readRequest(attached, 0, 0), reader);
        reader.awaitMessages(1);
        FenceSlot fence = objects.find(GUEST, large).orElseThrow().fence();
        assertThat(fence.reading()).isTrue();

        reader.cancel();

        await().atMost(Duration.ofSeconds(2)).until(() -> !fence.reading());
        watch.end();
    }

    private UUID exported(int id) {
        return exported(id, SIDE, SIDE);
    }

    private UUID exported(int id, int width, int height) {
        gpu.ok(new GpuCommand.ResourceCreate2d(id, 1, width, height));
        gpu.ok(new GpuCommand.ResourceAttachBacking(id, List.of(new MemEntry(TestGpu.MEMORY_ADDRESS, BYTES))));
        return gpu.assignUuid(id);
    }

    private AttachResponse attach(UUID uuid) {
        return attach("", uuid);
    }

    private AttachResponse attach(String guest, UUID uuid) {
        return door.attach(AttachRequest.newBuilder()
                .setGuest(guest)
                .setUuid(Uuids.toBareProto(uuid))
                .setImporter(IMPORTER)
                .setDevice("vd0")
                .build());
    }

    private void detach(int attachment) {
        door.detach(DetachRequest.newBuilder()
                .setImporter(IMPORTER)
                .setAttachment(attachment)
                .build());
    }

    private SharedObject get(String guest, UUID uuid) {
        return door.get(GetRequest.newBuilder()
                        .setGuest(guest)
                        .setUuid(Uuids.toProto(uuid))
                        .build())
                .getObject();
    }

    private byte[] read(AttachResponse attached, long offset, long length) {
        List<ByteString> pieces = new ArrayList<>();
        door.read(readRequest(attached, offset, length)).forEachRemaining(piece -> pieces.add(piece.getData()));
        return ByteString.copyFrom(pieces).toByteArray();
    }

    private static ReadRequest readRequest(AttachResponse attached, long offset, long length) {
        return ReadRequest.newBuilder()
                .setImporter(IMPORTER)
                .setAttachment(attached.getAttachment())
                .setOffset(offset)
                .setLength(length)
                .build();
    }

    private WriteResponse write(AttachResponse attached, long offset, byte[] bytes) {
        RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
        send(observer, attached, offset, bytes.length, bytes);
        assertThat(observer.awaitEnd()).isEqualTo(Status.OK);
        return observer.messages.getFirst();
    }

    private Status writeStatus(AttachResponse attached, long offset, long length, byte[] bytes) {
        RecordingObserver<WriteRequest, WriteResponse> observer = new RecordingObserver<>();
        send(observer, attached, offset, length, bytes);
        return observer.awaitEnd();
    }

    private void send(
            RecordingObserver<WriteRequest, WriteResponse> observer,
            AttachResponse attached,
            long offset,
            long length,
            byte[] bytes) {
        StreamObserver<WriteRequest> requests =
                SharedObjectsGrpc.newStub(channel).write(observer);
        requests.onNext(start(attached, offset, length));
        for (int at = 0; at < bytes.length; at += ReadCall.PIECE) {
            requests.onNext(data(bytes, at, Math.min(ReadCall.PIECE, bytes.length - at)));
        }
        requests.onCompleted();
    }

    private static WriteRequest start(AttachResponse attached, long offset, long length) {
        return WriteRequest.newBuilder()
                .setStart(WriteStart.newBuilder()
                        .setImporter(IMPORTER)
                        .setAttachment(attached.getAttachment())
                        .setOffset(offset)
                        .setLength(length))
                .build();
    }

    private static WriteRequest start(AttachResponse attached, long offset, long length, long row, long stride) {
        WriteRequest whole = start(attached, offset, length);
        return whole.toBuilder()
                .setStart(whole.getStart().toBuilder().setRow(row).setStride(stride))
                .build();
    }

    private static WriteRequest data(byte[] bytes, int offset, int length) {
        return WriteRequest.newBuilder()
                .setData(ByteString.copyFrom(bytes, offset, length))
                .build();
    }

    private static SharedMemory memory(DescriptorClient client, AttachResponse attached) {
        Extent extent = attached.getExtents(0);
        assertThat(attached.getExtentsCount()).isEqualTo(1);
        assertThat(extent.getOffset()).isZero();
        assertThat(extent.getLength()).isEqualTo(BYTES);
        return client.get(MemoryToken.ofBytes(extent.getMemoryToken().toByteArray()), extent.getMemorySize());
    }

    private static FenceTable fences(DescriptorClient client, AttachResponse attached) {
        return FenceTable.open(client.get(
                MemoryToken.ofBytes(attached.getFence().getMemoryToken().toByteArray()), 64));
    }

    private static UUID uuid(SharedObject object) {
        return Uuids.fromProto(object.getUuid());
    }

    private static StatusRuntimeException failure(ThrowingCallable call) {
        List<StatusRuntimeException> caught = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, caught::add);
        return caught.getFirst();
    }

    private static void assertStatus(Status.Code code, Errno errno, ThrowingCallable call) {
        StatusRuntimeException failure = failure(call);
        assertThat(failure.getStatus().getCode()).isEqualTo(code);
        ErrnoException reason = Statuses.toErrno(failure);
        assertThat(reason.errno()).isEqualTo(errno);
    }

    /** The default guest's importer, watching; told the state already. */
    private Watch watch(String importer) {
        Watch watch = new Watch(channel, GUEST, importer);
        watch.observer.awaitMessages(1 + objects.list(GUEST).size());
        return watch;
    }

    private static final class Watch {
        private final RecordingObserver<WatchRequest, WatchResponse> observer = new RecordingObserver<>();
        private final StreamObserver<WatchRequest> requests;

        Watch(ManagedChannel channel, String guest, String importer) {
            requests = SharedObjectsGrpc.newStub(channel).watch(observer);
            requests.onNext(WatchRequest.newBuilder()
                    .setStart(WatchStart.newBuilder().setGuest(guest).setImporter(importer))
                    .build());
        }

        void end() {
            requests.onCompleted();
        }
    }
}
