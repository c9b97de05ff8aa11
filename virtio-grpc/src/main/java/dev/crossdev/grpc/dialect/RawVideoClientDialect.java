package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.proto.video.v1.ControlQueueRequest;
import dev.crossdev.proto.video.v1.ControlQueueResponse;

/** The driver's end of {@code VideoDevice.ControlQueue}: chains of bytes, whatever they mean. */
public final class RawVideoClientDialect extends VideoQueueMessages
        implements ClientDialect<RawChain, ByteString, NoEvent, ControlQueueRequest, ControlQueueResponse> {

    @Override
    public ControlQueueRequest encodeCommand(long sequence, RawChain command) {
        return wrap(RawChains.chain(sequence, command));
    }

    @Override
    public Outbound<ByteString, NoEvent> decodeResponse(ControlQueueResponse message) {
        return switch (message.getResponseCase()) {
            case OPENED -> DeviceMessages.openedOf(message.getOpened());
            case USED -> RawChains.completionOf(message.getUsed());
            case EVENT -> DeviceMessages.noticeOf(message.getEvent());
            case MEMORY_WRITE -> DeviceMessages.outbound(message.getMemoryWrite());
            case CONFIG -> DeviceMessages.configOf(message.getConfig());
            case RESPONSE_NOT_SET -> new Outbound.Unknown<>("a response of no known kind");
        };
    }
}
