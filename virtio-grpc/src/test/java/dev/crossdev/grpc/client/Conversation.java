package dev.crossdev.grpc.client;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.GpuDialect;
import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.grpc.dialect.Times;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;

/** One stream as the server of a test sees it, and the usual things to say on it. */
final class Conversation {

    static final Features FEATURES = new Features(0x1_0000_0004L);

    final GpuDialect dialect = new GpuDialect();
    final StreamWriter<CommandStreamResponse> writer;

    Conversation(StreamWriter<CommandStreamResponse> writer) {
        this.writer = writer;
    }

    void open() {
        writer.offer(dialect.opened(
                new StreamOpened(FEATURES, ByteString.copyFromUtf8("config space 16b"), 1, BootId.local())));
    }

    void answer(Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command) {
        answer(command, new GpuResponse.OkNodata());
    }

    void answer(Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command, GpuResponse response) {
        long now = System.nanoTime();
        writer.offer(command.reply().message(command.command().reply(response), new Times(now, now, BootId.local())));
    }

    void answer(long sequence) {
        writer.offer(dialect.completion(
                sequence,
                GpuRequest.of(new dev.crossdev.virtio.gpu.GpuCommand.GetDisplayInfo())
                        .reply(new GpuResponse.OkNodata()),
                new Times(0, 0, BootId.UNKNOWN)));
    }
}
