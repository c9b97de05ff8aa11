package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.proto.admin.v1.Fault;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.proto.admin.v1.NeverAnswer;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.GetDisplayInfo;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.gpu.v1.MemEntry;
import dev.crossdev.proto.gpu.v1.ResourceAttachBacking;
import dev.crossdev.proto.video.v1.DescribeRequest;
import dev.crossdev.proto.video.v1.ExecuteRequest;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.virtio.gpu.GpuResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the unified server does not do by itself. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class ServerTrapsTest {

    @Inject
    GrpcServer server;

    @Inject
    @io.quarkus.grpc.GrpcService
    CarelessService careless;

    private Client client;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    /** quarkusio/quarkus#56268: without the guard the whole connection ends, and with it the neighbour. */
    @Test
    void aLateAnswerAfterACancelHarmsNoNeighbourOnTheConnection() throws InterruptedException {
        try (var neighbour = client.open(Client.unique())) {
            for (int round = 0; round < 10; round++) {
                CountDownLatch answered = careless.nextLateAnswer();
                assertThatThrownBy(() -> VideoDeviceGrpc.newBlockingStub(client.channel)
                                .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                                .execute(ExecuteRequest.newBuilder()
                                        .setDevice(CarelessService.LATE)
                                        .build()))
                        .isInstanceOfSatisfying(
                                StatusRuntimeException.class,
                                e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
                assertThat(answered.await(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
                // More than one round trip, so that whatever the late answer did has been done.
                for (int i = 0; i < 3; i++) {
                    assertThat(Client.answer(neighbour, new dev.crossdev.virtio.gpu.GpuCommand.GetDisplayInfo()))
                            .isInstanceOf(GpuResponse.OkDisplayInfo.class);
                }
            }
        }
    }

    @Test
    void aCallersDeadlineIsSeen() {
        var stub = VideoDeviceGrpc.newBlockingStub(client.channel);
        assertThat(stub.describe(DescribeRequest.getDefaultInstance())
                        .getService()
                        .getVersion())
                .isEqualTo("none");
        String left = stub.withDeadlineAfter(15, TimeUnit.SECONDS)
                .describe(DescribeRequest.getDefaultInstance())
                .getService()
                .getVersion();
        assertThat(Long.parseLong(left)).isBetween(1L, 15_000L);
    }

    @Test
    void aCallersDeadlineIsSeenByTheCallMadeOnward() {
        String left = VideoDeviceGrpc.newBlockingStub(client.channel)
                .withDeadlineAfter(15, TimeUnit.SECONDS)
                .execute(ExecuteRequest.newBuilder().setDevice("onward").build())
                .getMemory()
                .toStringUtf8();
        assertThat(Long.parseLong(left)).isBetween(1L, 15_000L);
    }

    @Test
    void aDeadlineEndsTheWaitForACommandThatIsNeverAnswered() {
        String device = Client.unique();
        var request = dev.crossdev.proto.gpu.v1.ExecuteRequest.newBuilder()
                .setDevice(device)
                .setCommand(GpuCommand.newBuilder().setGetDisplayInfo(GetDisplayInfo.getDefaultInstance()))
                .build();
        client.gpu().execute(request);
        client.admin()
                .injectFault(InjectFaultRequest.newBuilder()
                        .setDevice(device)
                        .setFault(Fault.newBuilder().setNeverAnswer(NeverAnswer.getDefaultInstance()))
                        .build());
        assertThatThrownBy(() -> GpuDeviceGrpc.newBlockingStub(client.channel)
                        .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                        .execute(request))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        assertThat(client.gpu().execute(request).getCompletion().getResultValue())
                .isEqualTo(0x1101);
    }

    @Test
    void aClientThatFloodsAStreamAndReadsNothingIsPushedBack() throws InterruptedException {
        Flood flood = new Flood();
        // A small window, so that a client that does not read has soon as many answers under way as it takes.
        ManagedChannel narrow = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .flowControlWindow(64 << 10)
                .build();
        ClientCall<CommandStreamRequest, CommandStreamResponse> call =
                narrow.newCall(GpuDeviceGrpc.getCommandStreamMethod(), CallOptions.DEFAULT);
        call.start(flood, new Metadata());
        call.sendMessage(CommandStreamRequest.newBuilder()
                .setOpen(Open.newBuilder().setDevice(Client.unique()))
                .build());
        int limit = 20_000;
        int sent = 0;
        while (sent < limit && flood.awaitReady(call)) {
            sent++;
            call.sendMessage(bigCommand(sent));
        }
        assertThat(sent).as("commands taken before the client was pushed back").isLessThan(limit);
        try (Client other = new Client(server.getPort());
                var stream = other.open(Client.unique())) {
            assertThat(Client.answer(stream, new dev.crossdev.virtio.gpu.GpuCommand.GetDisplayInfo()))
                    .isInstanceOf(GpuResponse.OkDisplayInfo.class);
        }
        // Once it reads, it gets every answer, and in order: nothing was dropped.
        call.request(Integer.MAX_VALUE);
        call.halfClose();
        assertThat(flood.ended.orTimeout(60, TimeUnit.SECONDS).join().getCode()).isEqualTo(Status.Code.OK);
        assertThat(flood.completions.get()).isEqualTo(sent);
        narrow.shutdownNow();
    }

    /** Ten kilobytes of a command that is refused at once. */
    private static CommandStreamRequest bigCommand(long sequence) {
        ResourceAttachBacking.Builder backing =
                ResourceAttachBacking.newBuilder().setResourceId(1);
        for (int i = 0; i < 1_000; i++) {
            backing.addEntries(MemEntry.newBuilder().setAddress(1L << 40).setLength(4096));
        }
        return CommandStreamRequest.newBuilder()
                .setCommand(GpuCommand.newBuilder().setSequence(sequence).setResourceAttachBacking(backing))
                .build();
    }

    /** A client's ear that asks for nothing. */
    private static final class Flood extends ClientCall.Listener<CommandStreamResponse> {
        private final Semaphore ready = new Semaphore(0);
        private final AtomicLong completions = new AtomicLong();
        private final CompletableFuture<Status> ended = new CompletableFuture<>();

        /** False when the transport has taken nothing for seconds. */
        boolean awaitReady(ClientCall<?, ?> call) throws InterruptedException {
            while (!call.isReady()) {
                if (!ready.tryAcquire(3, TimeUnit.SECONDS)) {
                    return call.isReady();
                }
            }
            return true;
        }

        @Override
        public void onReady() {
            ready.release();
        }

        @Override
        public void onMessage(CommandStreamResponse message) {
            // Counts only what comes in its turn.
            if (message.hasCompletion()) {
                completions.compareAndSet(
                        message.getCompletion().getSequence() - 1,
                        message.getCompletion().getSequence());
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
        }
    }
}
