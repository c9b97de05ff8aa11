package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.device.v1.Chain;
import dev.crossdev.proto.video.v1.ControlQueueRequest;
import dev.crossdev.proto.video.v1.ControlQueueResponse;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoQueue;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import dev.crossdev.virtio.video.VideoWire;
import java.util.Optional;

/**
 * The device's end of {@code VideoDevice.ControlQueue}: the bytes of virtqueues 0 (command) and 1 (event). Belongs to one
 * stream: it keeps the buffers that the driver put on the event queue.
 *
 * <p>An answer is cut to the driver's buffer, and below the size of a header nothing is written. A buffer on the event
 * queue is answered when there is an event; without one an event waits, up to {@link EventRooms#MAX_WAITING} of them.
 */
public final class RawVideoDialect extends VideoQueueMessages
        implements ServerDialect<VideoCommand, VideoResponse, VideoEvent, ControlQueueRequest, ControlQueueResponse> {

    private final EventRooms<VideoEvent> rooms = new EventRooms<>();

    @Override
    public Inbound<VideoCommand, VideoResponse, ControlQueueResponse> decode(ControlQueueRequest message) {
        return switch (message.getRequestCase()) {
            case OPEN -> DeviceMessages.openOf(message.getOpen());
            case CHAIN -> chain(message.getChain(), DeviceMessages.traceOf(message.getTraceContext()));
            case MEMORY_WRITE -> DeviceMessages.inbound(message.getMemoryWrite());
            case CONFIG_READ -> DeviceMessages.inbound(message.getConfigRead());
            case CONFIG_WRITE -> DeviceMessages.inbound(message.getConfigWrite());
            case REQUEST_NOT_SET -> DeviceMessages.unknownRequest();
        };
    }

    private Inbound<VideoCommand, VideoResponse, ControlQueueResponse> chain(Chain chain, TraceContext trace) {
        long sequence = chain.getSequence();
        return switch (VideoQueue.of(chain.getQueue()).orElse(null)) {
            case COMMAND -> command(chain, trace);
            case EVENT -> new Inbound.EventRoom<>(room(chain));
            case null ->
                new Inbound.BadCommand<>(
                        sequence,
                        new VideoResponse.Err(VideoResult.ERR_INVALID_OPERATION),
                        reply(RawChains.withoutRoom(chain), VideoWire::encodeResponse),
                        "there is no virtqueue " + Integer.toUnsignedString(chain.getQueue()));
        };
    }

    private static Inbound<VideoCommand, VideoResponse, ControlQueueResponse> command(Chain chain, TraceContext trace) {
        long sequence = chain.getSequence();
        Reply<VideoResponse, ControlQueueResponse> reply = reply(chain, VideoWire::encodeResponse);
        return switch (VideoWire.decodeCommand(chain.getReadable().toByteArray())) {
            case VideoWire.Decoded.Command(VideoCommand command) ->
                new Inbound.Command<>(sequence, command, reply, trace);
            case VideoWire.Decoded.Malformed malformed
            when malformed.answer() == VideoResult.ERR_INVALID_OPERATION ->
                // The device answers an unknown command the same, and in its turn.
                new Inbound.Command<>(sequence, new VideoCommand.Unsupported(malformed.streamId(), 0), reply, trace);
            case VideoWire.Decoded.Malformed malformed ->
                new Inbound.BadCommand<>(sequence, malformed.response(), reply, malformed.reason());
        };
    }

    private static ChainReply<VideoResponse, ControlQueueResponse> reply(
            Chain chain, ChainReply.Encoder<VideoResponse> encoder) {
        return new ChainReply<>(chain, encoder, VideoQueueMessages::answer);
    }

    private Optional<ControlQueueResponse> room(Chain chain) {
        if (RawChains.writable(chain) < VideoWire.EVENT_BYTES) {
            // No event fits: given back at once, as a buffer that the device can do nothing with.
            return Optional.of(answer(RawChains.used(chain.getSequence(), new byte[0])));
        }
        return switch (rooms.add(chain.getSequence())) {
            case EventRooms.Added.Kept<VideoEvent> _ -> Optional.empty();
            case EventRooms.Added.Full<VideoEvent> _ ->
                Optional.of(answer(RawChains.used(chain.getSequence(), new byte[0])));
            case EventRooms.Added.Filled<VideoEvent>(VideoEvent event) ->
                Optional.of(filled(chain.getSequence(), event));
        };
    }

    @Override
    public Optional<ControlQueueResponse> event(VideoEvent event) {
        return rooms.take(event).map(sequence -> filled(sequence, event));
    }

    @Override
    public void reset() {
        rooms.clear();
    }

    private static ControlQueueResponse filled(long sequence, VideoEvent event) {
        return answer(RawChains.used(sequence, VideoWire.encodeEvent(event)));
    }
}
