package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommandType;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoQueue;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoWire;
import dev.crossdev.virtio.wire.MalformedMessageException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The messages of a video device. */
final class VideoMessages implements MessageDecoder {

    @Override
    public String queueName(int queue) {
        return VideoQueue.of(queue)
                .map(each -> each.name().toLowerCase(Locale.ROOT))
                .orElseGet(() -> Integer.toUnsignedString(queue));
    }

    @Override
    public DecodedMessage request(int queue, Bytes request) {
        return switch (VideoWire.decodeCommand(request.toArray())) {
            case VideoWire.Decoded.Command(VideoCommand.Unsupported(int streamId, int number)) ->
                new DecodedMessage(
                        "0x" + Integer.toHexString(number),
                        List.of(streamId(streamId)),
                        Optional.of("not a command of this dialect"));
            case VideoWire.Decoded.Command(VideoCommand command) ->
                new DecodedMessage(
                        command.type().name(),
                        RecordFields.of((Record) command),
                        WireNotes.of(request, Bytes.of(VideoWire.encodeCommand(command))));
            case VideoWire.Decoded.Malformed(int streamId, var _, String reason) ->
                WireNotes.malformed(typeName(request), List.of(streamId(streamId)), request, reason);
        };
    }

    @Override
    public DecodedMessage answer(int queue, Bytes request, Bytes written) {
        try {
            if (request.isEmpty() && queue == VideoQueue.EVENT.index()) {
                VideoEvent event = VideoWire.decodeEvent(written.toArray());
                return new DecodedMessage(
                        event.type().name(),
                        List.of(streamId(event.streamId())),
                        WireNotes.of(written, Bytes.of(VideoWire.encodeEvent(event))));
            }
            VideoResponse response = VideoWire.decodeResponse(written.toArray(), commandOf(request));
            return new DecodedMessage(
                    response.result().name(),
                    response instanceof VideoResponse.Err ? List.of() : RecordFields.of((Record) response),
                    WireNotes.of(written, Bytes.of(VideoWire.encodeResponse(response))));
        } catch (MalformedMessageException e) {
            return WireNotes.malformed("answer", List.of(), written, String.valueOf(e.getMessage()));
        }
    }

    private static VideoCommand commandOf(Bytes request) {
        return VideoWire.decodeCommand(request.toArray()) instanceof VideoWire.Decoded.Command(VideoCommand command)
                ? command
                : new VideoCommand.Unsupported(0, 0);
    }

    private static String typeName(Bytes request) {
        if (request.size() < Integer.BYTES) {
            return "request";
        }
        VideoCommandType type = VideoCommandType.of(request.u32(0));
        return type == VideoCommandType.UNDEFINED ? "0x" + Integer.toHexString(request.u32(0)) : type.name();
    }

    private static Field streamId(int streamId) {
        return new Field("stream_id", new Field.Value.Number(Integer.toUnsignedLong(streamId), Optional.empty()));
    }
}
