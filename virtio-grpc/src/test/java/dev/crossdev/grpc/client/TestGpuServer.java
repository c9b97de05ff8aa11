package dev.crossdev.grpc.client;

import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.grpc.flow.InboundFlow;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.server.ServerWriters;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.DescribeResponse;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A GPU service of a test: real sockets, and a script that says what the device does. */
final class TestGpuServer extends GpuDeviceGrpc.GpuDeviceImplBase implements AutoCloseable {

    /** What the device does with a message; called in order. The open is not answered by itself. */
    interface Script {
        void hear(Conversation with, Inbound<GpuRequest, GpuReply, CommandStreamResponse> message);
    }

    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger cancelled = new AtomicInteger();
    final AtomicInteger halfClosed = new AtomicInteger();
    volatile boolean endsWhenHalfClosed = true;
    volatile @Nullable ServiceInfo description;
    private final Script script;
    private final Server server;
    private final ManagedChannel channel;

    TestGpuServer(Script script, ServerInterceptor... interceptors) {
        this.script = script;
        try {
            this.server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .directExecutor()
                    .addService(ServerInterceptors.intercept(this, interceptors))
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.channel = Channels.plaintext("127.0.0.1", server.getPort());
    }

    /** Opens at once and answers each command with OK_NODATA. */
    static TestGpuServer obedient() {
        return new TestGpuServer((with, message) -> {
            if (message instanceof Inbound.Open<GpuRequest, GpuReply, CommandStreamResponse>) {
                with.open();
            } else if (message instanceof Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command) {
                with.answer(command);
            }
        });
    }

    ManagedChannel channel() {
        return channel;
    }

    void kill() {
        server.shutdownNow();
    }

    @Override
    public StreamObserver<CommandStreamRequest> commandStream(StreamObserver<CommandStreamResponse> responses) {
        ServerCallStreamObserver<CommandStreamResponse> call =
                (ServerCallStreamObserver<CommandStreamResponse>) responses;
        StreamWriter<CommandStreamResponse> writer = ServerWriters.over(call, 64, 100_000, cancelled::incrementAndGet);
        Conversation conversation = new Conversation(writer);
        InboundFlow flow = new InboundFlow(call::request, writer, 16, 1024);
        call.disableAutoRequest();
        flow.start();
        return new StreamObserver<>() {
            @Override
            public void onNext(CommandStreamRequest message) {
                received.incrementAndGet();
                script.hear(conversation, conversation.dialect.decode(message));
                flow.handled();
            }

            @Override
            public void onError(Throwable failure) {
                writer.cancelled();
            }

            @Override
            public void onCompleted() {
                halfClosed.incrementAndGet();
                if (endsWhenHalfClosed) {
                    writer.complete();
                }
            }
        };
    }

    @Override
    public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
        ServiceInfo info = description;
        if (info == null) {
            // Never answered.
            return;
        }
        response.onNext(DescribeResponse.newBuilder().setService(info.toProto()).build());
        response.onCompleted();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
