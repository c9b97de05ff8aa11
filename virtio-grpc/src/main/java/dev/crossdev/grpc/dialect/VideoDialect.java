package dev.crossdev.grpc.dialect;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.device.v1.ConfigContent;
import dev.crossdev.proto.device.v1.ConfigRead;
import dev.crossdev.proto.device.v1.ConfigWrite;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.device.v1.Opened;
import dev.crossdev.proto.device.v1.TraceContext;
import dev.crossdev.proto.video.v1.CommandStreamRequest;
import dev.crossdev.proto.video.v1.CommandStreamResponse;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.Optional;

/** The typed stream of a video device ({@code VideoDevice.CommandStream}). Keeps nothing: one will do for all streams. */
public final class VideoDialect extends StreamMessages<CommandStreamRequest, CommandStreamResponse>
        implements StreamDialect<VideoCommand, VideoResponse, VideoEvent, CommandStreamRequest, CommandStreamResponse> {

    @Override
    public Inbound<VideoCommand, VideoResponse, CommandStreamResponse> decode(CommandStreamRequest message) {
        return switch (message.getRequestCase()) {
            case OPEN -> DeviceMessages.openOf(message.getOpen());
            case COMMAND -> command(message.getCommand(), DeviceMessages.traceOf(message.getTraceContext()));
            case MEMORY_WRITE -> DeviceMessages.inbound(message.getMemoryWrite());
            case CONFIG_READ -> DeviceMessages.inbound(message.getConfigRead());
            case CONFIG_WRITE -> DeviceMessages.inbound(message.getConfigWrite());
            case REQUEST_NOT_SET -> DeviceMessages.unknownRequest();
        };
    }

    private Inbound<VideoCommand, VideoResponse, CommandStreamResponse> command(
            dev.crossdev.proto.video.v1.VideoCommand message, dev.crossdev.virtio.TraceContext trace) {
        long sequence = message.getSequence();
        Reply<VideoResponse, CommandStreamResponse> reply = (response, times) -> completion(sequence, response, times);
        try {
            return new Inbound.Command<>(sequence, VideoCommands.commandOf(message), reply, trace);
        } catch (ErrnoException e) {
            return new Inbound.BadCommand<>(
                    sequence,
                    new VideoResponse.Err(VideoResult.ERR_INVALID_PARAMETER),
                    reply,
                    String.valueOf(e.getMessage()));
        }
    }

    /** A command's answer as a message of the stream. */
    public CommandStreamResponse completion(long sequence, VideoResponse response, Times times) {
        return CommandStreamResponse.newBuilder()
                .setCompletion(VideoCompletions.message(sequence, response, times))
                .build();
    }

    @Override
    public Optional<CommandStreamResponse> event(VideoEvent event) {
        return Optional.of(CommandStreamResponse.newBuilder()
                .setVideoEvent(VideoCompletions.event(event))
                .build());
    }

    @Override
    public CommandStreamRequest encodeCommand(long sequence, VideoCommand command) {
        return CommandStreamRequest.newBuilder()
                .setCommand(VideoCommands.message(sequence, command))
                .build();
    }

    @Override
    public Outbound<VideoResponse, VideoEvent> decodeResponse(CommandStreamResponse message) {
        return switch (message.getResponseCase()) {
            case OPENED -> DeviceMessages.openedOf(message.getOpened());
            case COMPLETION -> VideoCompletions.completionOf(message.getCompletion());
            case EVENT -> DeviceMessages.noticeOf(message.getEvent());
            case MEMORY_WRITE -> DeviceMessages.outbound(message.getMemoryWrite());
            case CONFIG -> DeviceMessages.configOf(message.getConfig());
            case VIDEO_EVENT -> VideoCompletions.eventOf(message.getVideoEvent());
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
