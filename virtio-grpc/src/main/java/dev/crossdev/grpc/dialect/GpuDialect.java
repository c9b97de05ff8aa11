package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.device.v1.ConfigContent;
import dev.crossdev.proto.device.v1.ConfigRead;
import dev.crossdev.proto.device.v1.ConfigWrite;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.device.v1.Opened;
import dev.crossdev.proto.device.v1.TraceContext;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import java.util.Optional;

/** The typed stream of a GPU device ({@code GpuDevice.CommandStream}). Keeps nothing: one will do for all streams. */
public final class GpuDialect extends StreamMessages<CommandStreamRequest, CommandStreamResponse>
        implements StreamDialect<GpuRequest, GpuReply, NoEvent, CommandStreamRequest, CommandStreamResponse> {

    @Override
    public Inbound<GpuRequest, GpuReply, CommandStreamResponse> decode(CommandStreamRequest message) {
        return switch (message.getRequestCase()) {
            case OPEN -> DeviceMessages.openOf(message.getOpen());
            case COMMAND -> {
                long sequence = message.getCommand().getSequence();
                yield new Inbound.Command<>(
                        sequence,
                        GpuCommands.requestOf(message.getCommand()),
                        (response, times) -> completion(sequence, response, times),
                        DeviceMessages.traceOf(message.getTraceContext()));
            }
            case MEMORY_WRITE -> DeviceMessages.inbound(message.getMemoryWrite());
            case CONFIG_READ -> DeviceMessages.inbound(message.getConfigRead());
            case CONFIG_WRITE -> DeviceMessages.inbound(message.getConfigWrite());
            case REQUEST_NOT_SET -> DeviceMessages.unknownRequest();
        };
    }

    /** A command's answer as a message of the stream. */
    public CommandStreamResponse completion(long sequence, GpuReply response, Times times) {
        return CommandStreamResponse.newBuilder()
                .setCompletion(GpuCompletions.message(sequence, response, times))
                .build();
    }

    @Override
    public Optional<CommandStreamResponse> event(NoEvent event) {
        return Optional.empty();
    }

    @Override
    public CommandStreamRequest encodeCommand(long sequence, GpuRequest command) {
        return CommandStreamRequest.newBuilder()
                .setCommand(GpuCommands.message(sequence, command))
                .build();
    }

    @Override
    public Outbound<GpuReply, NoEvent> decodeResponse(CommandStreamResponse message) {
        return switch (message.getResponseCase()) {
            case OPENED -> DeviceMessages.openedOf(message.getOpened());
            case COMPLETION -> GpuCompletions.completionOf(message.getCompletion());
            case EVENT -> DeviceMessages.noticeOf(message.getEvent());
            case MEMORY_WRITE -> DeviceMessages.outbound(message.getMemoryWrite());
            case CONFIG -> DeviceMessages.configOf(message.getConfig());
            case RESPONSE_NOT_SET -> new Outbound.Unknown<>("a response of no known kind");
        };
    }

    @Override
    CommandStreamRequest wrap(Open open) {
        return CommandStreamRequest.newBuilder().setOpen(open).build();
    }

    @Override
    CommandStreamRequest traced(CommandStreamRequest message, TraceContext trace) {
        return message.toBuilder().setTraceContext(trace).build();
    }

    @Override
    CommandStreamRequest wrap(MemoryWrite write) {
        return CommandStreamRequest.newBuilder().setMemoryWrite(write).build();
    }

    @Override
    CommandStreamRequest wrap(ConfigRead read) {
        return CommandStreamRequest.newBuilder().setConfigRead(read).build();
    }

    @Override
    CommandStreamRequest wrap(ConfigWrite write) {
        return CommandStreamRequest.newBuilder().setConfigWrite(write).build();
    }

    @Override
    CommandStreamResponse answer(Opened opened) {
        return CommandStreamResponse.newBuilder().setOpened(opened).build();
    }

    @Override
    CommandStreamResponse answer(DeviceEvent event) {
        return CommandStreamResponse.newBuilder().setEvent(event).build();
    }

    @Override
    CommandStreamResponse answer(MemoryWrite write) {
        return CommandStreamResponse.newBuilder().setMemoryWrite(write).build();
    }

    @Override
    CommandStreamResponse answer(ConfigContent config) {
        return CommandStreamResponse.newBuilder().setConfig(config).build();
    }
}
