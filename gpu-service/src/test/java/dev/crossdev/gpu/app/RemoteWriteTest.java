package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.FirstAnswer;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.ReadRequest;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import dev.crossdev.proto.objects.v1.WriteRequest;
import dev.crossdev.proto.objects.v1.WriteResponse;
import dev.crossdev.proto.objects.v1.WriteStart;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.memory.MemEntry;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes over the server that the service really has, which answers while its client may still be sending. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class RemoteWriteTest {
    private static final int SIDE = 512;
    private static final int BYTES = SIDE * SIDE * 4;
    private static final int PIECE = 256 << 10;
    private static final String IMPORTER = "remote-write-test";

    @Inject
    GrpcServer server;

    private Client client;
    private DeviceStream<GpuRequest, GpuReply, ?> gpu;
    private final FirstAnswer<WatchResponse> watching = new FirstAnswer<>();
    private StreamObserver<WatchRequest> watch;
    private int attachment;

    @BeforeEach
    void attach() {
        client = new Client(server.getPort());
        gpu = client.open(Client.windowed(Client.unique()));
        Client.answer(gpu, new GpuCommand.ResourceCreate2d(1, PixelFormat.B8G8R8A8_UNORM.number(), SIDE, SIDE));
        Client.answer(gpu, new GpuCommand.ResourceAttachBacking(1, List.of(new MemEntry(0, BYTES))));
        var uuid = (GpuResponse.OkResourceUuid) Client.answer(gpu, new GpuCommand.ResourceAssignUuid(1));
        watch = SharedObjectsGrpc.newStub(client.channel).watch(watching);
        watch.onNext(WatchRequest.newBuilder()
                .setStart(WatchStart.newBuilder().setImporter(IMPORTER))
                .build());
        watching.future()
                .orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        attachment = objects()
                .attach(AttachRequest.newBuilder()
                        .setUuid(Uuids.toBareProto(uuid.uuid()))
                        .setImporter(IMPORTER)
                        .build())
                .getAttachment();
    }

    @AfterEach
    void letGo() {
        watch.onCompleted();
        Client.close(gpu);
        client.close();
    }

    @Test
    void aWriteIsAnsweredBeforeItsClientHangsUpAndTheConnectionGoesOn() {
        for (int round = 1; round <= 20; round++) {
            Answer answer = new Answer();
            StreamObserver<WriteRequest> requests = writes().write(answer);
            send(requests, attachment, round, BYTES);

            assertThat(answer.status()).isEqualTo(Status.OK);
            assertThat(answer.written).isEqualTo(BYTES);
            requests.onCompleted();
        }
        assertThat(read()).containsOnly(20);
    }

    @Test
    void aWriteThatHangsUpRightAfterItsLastByteIsAnsweredTheSame() {
        for (int round = 1; round <= 20; round++) {
            Answer answer = new Answer();
            StreamObserver<WriteRequest> requests = writes().write(answer);
            send(requests, attachment, round, BYTES);
            requests.onCompleted();

            assertThat(answer.status()).isEqualTo(Status.OK);
        }
        assertThat(read()).containsOnly(20);
    }

    @Test
    void aRefusalReachesAClientThatGoesOnSendingAndHarmsNoNeighbour() {
        for (int round = 0; round < 20; round++) {
            Answer answer = new Answer();
            StreamObserver<WriteRequest> requests = writes().write(answer);
            send(requests, attachment + 1, 1, BYTES);
            requests.onCompleted();

            assertThat(answer.status().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(Client.answer(gpu, new GpuCommand.GetDisplayInfo()))
                    .isInstanceOf(GpuResponse.OkDisplayInfo.class);
        }
        assertThat(read()).containsOnly(0);
    }

    /** The profile gives writes room for one picture of this test. */
    @Test
    void aWriteThatIsCancelledWhileItWaitsForRoomKeepsNobodyOut() {
        SharedObjectsGrpc.SharedObjectsStub impatient =
                SharedObjectsGrpc.newStub(client.channel).withDeadlineAfter(8, TimeUnit.SECONDS);
        Context.CancellableContext first = Context.current().withCancellation();
        Answer holds = new Answer();
        first.run(() -> start(writes().write(holds), attachment, BYTES));
        Context.CancellableContext second = Context.current().withCancellation();
        Answer waits = new Answer();
        second.run(() -> send(writes().write(waits), attachment, 3, BYTES));
        // On the same connection, so it comes after both.
        assertThat(read()).containsOnly(0);

        second.cancel(null);
        Answer next = new Answer();
        send(impatient.write(next), attachment, 4, BYTES);
        first.cancel(null);

        assertThat(next.status()).isEqualTo(Status.OK);
        assertThat(waits.status().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(read()).containsOnly(4);
    }

    private SharedObjectsGrpc.SharedObjectsBlockingStub objects() {
        return SharedObjectsGrpc.newBlockingStub(client.channel)
                .withDeadlineAfter(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private SharedObjectsGrpc.SharedObjectsStub writes() {
        return SharedObjectsGrpc.newStub(client.channel)
                .withDeadlineAfter(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static void start(StreamObserver<WriteRequest> requests, int attachment, int bytes) {
        requests.onNext(WriteRequest.newBuilder()
                .setStart(WriteStart.newBuilder()
                        .setImporter(IMPORTER)
                        .setAttachment(attachment)
                        .setLength(bytes))
                .build());
    }

    private static void send(StreamObserver<WriteRequest> requests, int attachment, int value, int bytes) {
        start(requests, attachment, bytes);
        byte[] piece = new byte[PIECE];
        Arrays.fill(piece, (byte) value);
        for (int at = 0; at < bytes; at += PIECE) {
            requests.onNext(WriteRequest.newBuilder()
                    .setData(ByteString.copyFrom(piece))
                    .build());
        }
    }

    private byte[] read() {
        ByteString[] all = {ByteString.EMPTY};
        objects()
                .read(ReadRequest.newBuilder()
                        .setImporter(IMPORTER)
                        .setAttachment(attachment)
                        .build())
                .forEachRemaining(piece -> all[0] = all[0].concat(piece.getData()));
        return all[0].toByteArray();
    }

    private static final class Answer implements StreamObserver<WriteResponse> {
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        private volatile long written;

        @Override
        public void onNext(WriteResponse response) {
            written = response.getWritten();
        }

        @Override
        public void onError(Throwable failure) {
            end.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }

        Status status() {
            return end.orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        }
    }
}
