package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.device.v1.Chain;
import dev.crossdev.proto.gpu.v1.ControlQueueRequest;
import dev.crossdev.proto.gpu.v1.ControlQueueResponse;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The device's end of {@code GpuDevice.ControlQueue}: the bytes of virtqueues 0 (control) and 1 (cursor).
 *
 * <p>Bytes that are no command reach the device as {@link GpuCommand.Unsupported} and are answered with ERR_UNSPEC in
 * their turn; an answer is cut to the driver's buffer, and below the size of a header nothing is written.
 */
public final class RawGpuDialect extends GpuQueueMessages
        implements ServerDialect<GpuRequest, GpuReply, NoEvent, ControlQueueRequest, ControlQueueResponse> {

    @Override
    public Inbound<GpuRequest, GpuReply, ControlQueueResponse> decode(ControlQueueRequest message) {
        return switch (message.getRequestCase()) {
            case OPEN -> DeviceMessages.openOf(message.getOpen());
            case CHAIN -> chain(message.getChain(), DeviceMessages.traceOf(message.getTraceContext()));
            case MEMORY_WRITE -> DeviceMessages.inbound(message.getMemoryWrite());
            case CONFIG_READ -> DeviceMessages.inbound(message.getConfigRead());
            case CONFIG_WRITE -> DeviceMessages.inbound(message.getConfigWrite());
            case REQUEST_NOT_SET -> DeviceMessages.unknownRequest();
        };
    }

    private static Inbound<GpuRequest, GpuReply, ControlQueueResponse> chain(Chain chain, TraceContext trace) {
        long sequence = chain.getSequence();
        Optional<GpuQueue> queue = GpuQueue.of(chain.getQueue());
        if (queue.isEmpty()) {
            return new Inbound.BadCommand<>(
                    sequence,
                    new GpuReply(GpuHeader.NONE, new GpuResponse.Err(GpuResult.ERR_UNSPEC)),
                    reply(RawChains.withoutRoom(chain), GpuWire::encodeReply),
                    "there is no virtqueue " + Integer.toUnsignedString(chain.getQueue()));
        }
        MemorySegment readable = MemorySegment.ofArray(chain.getReadable().toByteArray());
        GpuRequest request = GpuWire.requestOf(readable, queue.get());
        return new Inbound.Command<>(sequence, request, reply(chain, GpuWire::encodeReply), trace);
    }

    private static ChainReply<GpuReply, ControlQueueResponse> reply(Chain chain, ChainReply.Encoder<GpuReply> encoder) {
        return new ChainReply<>(chain, encoder, GpuQueueMessages::answer);
    }

    @Override
    public Optional<ControlQueueResponse> event(NoEvent event) {
        return Optional.empty();
    }
}
