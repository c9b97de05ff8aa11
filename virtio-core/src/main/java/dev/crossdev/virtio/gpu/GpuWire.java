package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.wire.MalformedMessageException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * virtio-gpu messages as they lie in a virtqueue buffer (little-endian, virtio 1.4, GPU device), for both ends.
 *
 * <p>Bytes after the last field are ignored, padding is written as zero and not looked at.
 */
public final class GpuWire {

    /** Size of the header, and so of the smallest answer. */
    public static final int HEADER_BYTES = 24;

    private GpuWire() {}

    /** What a device finds in the readable part of a buffer. Nothing that a driver writes leads to an exception. */
    public sealed interface Decoded {

        record Request(GpuRequest request) implements Decoded {}

        /**
         * Too short for what it claims to be.
         *
         * @param header the sender's where it could be read, for its fence; else {@link GpuHeader#NONE}
         * @param reason for a log
         */
        record Malformed(GpuHeader header, String reason) implements Decoded {

            /** What every device but QEMU's answers: ERR_UNSPEC, with the fence. */
            public GpuReply reply() {
                return new GpuReply(header.ofAnswer(), new GpuResponse.Err(GpuResult.ERR_UNSPEC));
            }
        }
    }

    /**
     * Device side. A command that this project does not have, or that does not belong on this queue, is {@link
     * GpuCommand.Unsupported}.
     */
    public static Decoded decodeRequest(MemorySegment readable, GpuQueue queue) {
        return GpuRequestCodec.decode(readable, queue);
    }

    /** Device side. */
    public static Decoded decodeRequest(byte[] readable, GpuQueue queue) {
        return decodeRequest(MemorySegment.ofArray(readable), queue);
    }

    /**
     * Device side, for a transport: bytes that are no request become one that every device answers with ERR_UNSPEC, in its
     * turn and with the sender's fence.
     */
    public static GpuRequest requestOf(MemorySegment readable, GpuQueue queue) {
        return switch (decodeRequest(readable, queue)) {
            case Decoded.Request(GpuRequest request) -> request;
            case Decoded.Malformed(GpuHeader header, String _) ->
                new GpuRequest(header, new GpuCommand.Unsupported(GpuCommandType.UNDEFINED.number()));
        };
    }

    /** Driver side. */
    public static byte[] encodeRequest(GpuRequest request) {
        return GpuRequestCodec.encode(request);
    }

    /**
     * Device side: the bytes to write, as many as there is room for. An answer that does not fit is cut off, and the
     * command counts as done all the same (QEMU virtio-gpu.c, virtio_gpu_ctrl_response); without room for a header
     * nothing is written.
     *
     * @param writableBytes size of the buffer's writable part, not negative
     * @return empty, or at least {@link #HEADER_BYTES} bytes
     */
    public static byte[] encodeReply(GpuReply reply, long writableBytes) {
        byte[] whole = GpuReplyCodec.encode(reply);
        if (writableBytes < HEADER_BYTES) {
            return new byte[0];
        }
        return writableBytes >= whole.length ? whole : Arrays.copyOf(whole, (int) writableBytes);
    }

    /** The whole answer. */
    public static byte[] encodeReply(GpuReply reply) {
        return GpuReplyCodec.encode(reply);
    }

    /**
     * Driver side.
     *
     * @param written what the device wrote, no more
     * @throws MalformedMessageException when it is cut off, or of a type that the spec does not know
     */
    public static GpuReply decodeReply(MemorySegment written) throws MalformedMessageException {
        return GpuReplyCodec.decode(written);
    }

    /** Driver side; see {@link #decodeReply(MemorySegment)}. */
    public static GpuReply decodeReply(byte[] written) throws MalformedMessageException {
        return decodeReply(MemorySegment.ofArray(written));
    }

    /**
     * Driver side: the writable bytes that the largest answer to a command needs; for GET_CAPSET the data comes on top,
     * as large as GET_CAPSET_INFO said.
     */
    public static int replyBytes(GpuCommand command) {
        return switch (command) {
            case GpuCommand.GetDisplayInfo _ -> GpuReplyCodec.DISPLAY_INFO_BYTES;
            case GpuCommand.GetEdid _ -> GpuReplyCodec.EDID_BYTES;
            case GpuCommand.GetCapsetInfo _ -> GpuReplyCodec.CAPSET_INFO_BYTES;
            case GpuCommand.ResourceAssignUuid _ -> GpuReplyCodec.UUID_BYTES;
            default -> HEADER_BYTES;
        };
    }
}
