package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.GpuDialect;
import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.server.DeadlineInterceptor;
import dev.crossdev.grpc.server.LateAnswerGuard;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server's parts under a real transport. grpc-java's own server forgives what Vert.x's does not. */
@Timeout(60)
class ServerSideTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final GpuDialect dialect = new GpuDialect();

    @Test
    void anAnswerAfterACancelIsDroppedAndTheNeighbourStreamGoesOn() throws Exception {
        List<Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>> late = new CopyOnWriteArrayList<>();
        AtomicReference<Conversation> impatient = new AtomicReference<>();
        try (TestGpuServer server = new TestGpuServer(
                (with, message) -> {
                    if (message instanceof Inbound.Open<GpuRequest, GpuReply, CommandStreamResponse>) {
                        with.open();
                    } else if (message
                            instanceof Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command) {
                        if (command.command().command() instanceof GpuCommand.GetDisplayInfo) {
                            impatient.set(with);
                            late.add(command);
                        } else {
                            with.answer(command);
                        }
                    }
                },
                new LateAnswerGuard())) {
            DeviceStream<GpuRequest, GpuReply, NoEvent> neighbour = GpuStream.open(
                    server.channel(), OpenStream.of("default", "vm1"), new RecordingListener(), PATIENCE);
            ClientCall<CommandStreamRequest, CommandStreamResponse> call =
                    server.channel().newCall(GpuDeviceGrpc.getCommandStreamMethod(), CallOptions.DEFAULT);
            call.start(new ClientCall.Listener<>() {}, new Metadata());
            call.request(10);
            call.sendMessage(dialect.encodeOpen(OpenStream.of("default", "vm0")));
            call.sendMessage(dialect.encodeCommand(1, GpuRequest.of(new GpuCommand.GetDisplayInfo())));
            await().atMost(PATIENCE).until(() -> late.size() == 1);

            call.cancel("impatient", null);
            await().atMost(PATIENCE).until(() -> server.cancelled.get() == 1);
            Objects.requireNonNull(impatient.get()).answer(late.getFirst());

            for (int i = 0; i < 50; i++) {
                assertThat(neighbour
                                .submit(GpuRequest.of(new GpuCommand.ResourceUnref(i)))
                                .get(20, TimeUnit.SECONDS))
                        .isNotNull();
            }
        }
    }

    @Test
    void aClientThatFloodsAndDoesNotReadIsPushedBack() {
        AtomicInteger commands = new AtomicInteger();
        try (TestGpuServer server = new TestGpuServer((with, message) -> {
            if (message instanceof Inbound.Open<GpuRequest, GpuReply, CommandStreamResponse>) {
                with.open();
            } else if (message instanceof Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command) {
                commands.incrementAndGet();
                // An answer large enough that the client's window fills.
                with.writer.offer(with.dialect.memoryWrite(0, ByteString.copyFrom(new byte[64 << 10])));
                with.answer(command);
            }
        })) {
            ClientCall<CommandStreamRequest, CommandStreamResponse> call =
                    server.channel().newCall(GpuDeviceGrpc.getCommandStreamMethod(), CallOptions.DEFAULT);
            AtomicInteger answers = new AtomicInteger();
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onMessage(CommandStreamResponse message) {
                            answers.incrementAndGet();
                        }
                    },
                    new Metadata());
            // Asks for no answer at all.
            call.sendMessage(dialect.encodeOpen(OpenStream.of("default", "vm0")));
            int flood = 3_000;
            for (int i = 1; i <= flood; i++) {
                call.sendMessage(dialect.encodeCommand(
                        i, new GpuRequest(dev.crossdev.virtio.gpu.GpuHeader.NONE, new GpuCommand.ResourceUnref(i))));
            }

            // It stops somewhere, and stays there.
            AtomicInteger last = new AtomicInteger(-1);
            await().pollInterval(Duration.ofMillis(500))
                    .atMost(PATIENCE)
                    .until(() -> last.getAndSet(commands.get()) == commands.get() && commands.get() > 0);
            assertThat(commands.get()).isLessThan(flood / 4);

            // It goes on when the client reads.
            call.request(2 * flood + 10);
            await().atMost(PATIENCE).until(() -> commands.get() == flood && answers.get() == 2 * flood + 1);
            call.cancel("done", null);
        }
    }

    @Test
    void aCallersDeadlineIsSeenByTheService() throws Exception {
        AtomicReference<Deadline> seen = new AtomicReference<>();
        AtomicReference<Context> context = new AtomicReference<>();
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        try (TestGpuServer server = new TestGpuServer(
                (_, _) -> {
                    seen.set(Context.current().getDeadline());
                    context.set(Context.current());
                },
                new DeadlineInterceptor(timer))) {
            ClientCall<CommandStreamRequest, CommandStreamResponse> call = server.channel()
                    .newCall(
                            GpuDeviceGrpc.getCommandStreamMethod(),
                            CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS));
            call.start(new ClientCall.Listener<>() {}, new Metadata());
            call.sendMessage(dialect.encodeOpen(OpenStream.of("default", "vm0")));
            await().atMost(PATIENCE).until(() -> seen.get() != null);

            assertThat(Objects.requireNonNull(seen.get()).timeRemaining(TimeUnit.MILLISECONDS))
                    .isLessThanOrEqualTo(5_000);
            call.cancel("done", null);
            await().atMost(PATIENCE)
                    .until(() -> Objects.requireNonNull(context.get()).isCancelled());
        } finally {
            timer.shutdownNow();
        }
    }
}
