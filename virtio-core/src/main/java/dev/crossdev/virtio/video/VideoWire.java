package dev.crossdev.virtio.video;

import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * virtio-video messages as they lie in a virtqueue buffer (little-endian, RFC v3 as crosvm's protocol.rs speaks it), for
 * both ends.
 *
 * <p>Bytes after the last field are ignored, padding is written as zero and not looked at. Answers carry stream id 0, as
 * crosvm's and vhost-device-video's do, and any is accepted.
 */
public final class VideoWire {

    /** Size of the header, and so of the smallest answer. */
    public static final int HEADER_BYTES = 8;

    public static final int EVENT_BYTES = 8;

    private VideoWire() {}

    /** What a device finds in the readable part of a buffer. Nothing that a driver writes leads to an exception. */
    public sealed interface Decoded {

        record Command(VideoCommand command) implements Decoded {}

        /**
         * Not a command.
         *
         * @param streamId the sender's where it could be read, else 0
         * @param answer ERR_INVALID_OPERATION for one that is cut off, as vhost-device-video answers it;
         *     ERR_INVALID_PARAMETER for a queue type, memory type or count that does not exist
         * @param reason for a log
         */
        record Malformed(int streamId, VideoResult answer, String reason) implements Decoded {

            public VideoResponse response() {
                return new VideoResponse.Err(answer);
            }
        }
    }

    /** Device side. */
    public static Decoded decodeCommand(MemorySegment readable) {
        return VideoCommandDecoder.decode(readable);
    }

    /** Device side. */
    public static Decoded decodeCommand(byte[] readable) {
        return decodeCommand(MemorySegment.ofArray(readable));
    }

    /** Driver side. */
    public static byte[] encodeCommand(VideoCommand command) {
        return VideoCommandEncoder.encode(command);
    }

    /**
     * Device side: the bytes to write, as many as there is room for. An answer that does not fit is cut off; without
     * room for a header nothing is written.
     *
     * @param writableBytes size of the buffer's writable part, not negative
     * @return empty, or at least {@link #HEADER_BYTES} bytes
     */
    public static byte[] encodeResponse(VideoResponse response, long writableBytes) {
        byte[] whole = VideoResponseCodec.encode(response);
        if (writableBytes < HEADER_BYTES) {
            return new byte[0];
        }
        return writableBytes >= whole.length ? whole : Arrays.copyOf(whole, (int) writableBytes);
    }

    /** The whole answer. */
    public static byte[] encodeResponse(VideoResponse response) {
        return VideoResponseCodec.encode(response);
    }

    /**
     * Driver side.
     *
     * @param written what the device wrote, no more
     * @param command what was asked: the two GET_PARAMS have answers of one type and two lengths
     * @throws MalformedMessageException when it is cut off, or of a type that the dialect does not know
     */
    public static VideoResponse decodeResponse(MemorySegment written, VideoCommand command)
            throws MalformedMessageException {
        return VideoResponseCodec.decode(written, command);
    }

    /** Driver side; see {@link #decodeResponse(MemorySegment, VideoCommand)}. */
    public static VideoResponse decodeResponse(byte[] written, VideoCommand command) throws MalformedMessageException {
        return decodeResponse(MemorySegment.ofArray(written), command);
    }

    /** Device side. */
    public static byte[] encodeEvent(VideoEvent event) {
        return new WireWriter(EVENT_BYTES)
                .u32(event.type().number())
                .u32(event.streamId())
                .toBytes();
    }

    /**
     * Driver side.
     *
     * @throws MalformedMessageException when it is cut off, or of a type that the dialect does not know
     */
    public static VideoEvent decodeEvent(byte[] written) throws MalformedMessageException {
        WireReader in = new WireReader(written);
        int type = in.u32();
        VideoEventType known = VideoEventType.of(type)
                .orElseThrow(() -> new MalformedMessageException("event of type 0x" + Integer.toHexString(type)));
        return new VideoEvent(known, in.u32());
    }
}
