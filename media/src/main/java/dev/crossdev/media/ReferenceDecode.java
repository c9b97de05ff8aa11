package dev.crossdev.media;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** What a clip's pictures are when nothing but this module stands between the file and the memory. */
public final class ReferenceDecode {
    private ReferenceDecode() {}

    /**
     * The outcome of decoding a whole clip.
     *
     * @param hex {@link FrameDigest} of the BGRA frames in display order
     * @param frames how many there were
     */
    public record Result(String hex, int frames) {}

    /** Takes frames in display order. */
    @FunctionalInterface
    public interface FrameConsumer {
        /**
         * Takes the next frame.
         *
         * @param frame the frame's facts; closed after this returns
         * @param packedBgra the pixels, tightly packed; valid only until this returns
         */
        void accept(DecodedFrame frame, MemorySegment packedBgra);
    }

    /** Decodes the clip and digests its frames. */
    public static Result digest(Clip clip) throws MediaException {
        FrameDigest digest = new FrameDigest();
        forEachFrame(clip, (_, pixels) -> digest.update(pixels));
        return new Result(digest.hex(), digest.frames());
    }

    /** Decodes the clip and hands each frame, converted to BGRA, to the consumer. */
    public static void forEachFrame(Clip clip, FrameConsumer consumer) throws MediaException {
        try (H264Decoder decoder = new H264Decoder()) {
            for (AccessUnit unit : clip.accessUnits()) {
                decoder.send(unit.data(), unit.timestampMicros());
                deliver(decoder, consumer);
            }
            decoder.drain();
            deliver(decoder, consumer);
        }
    }

    private static void deliver(H264Decoder decoder, FrameConsumer consumer) throws MediaException {
        for (Optional<DecodedFrame> next = decoder.receive(); next.isPresent(); next = decoder.receive()) {
            try (DecodedFrame frame = next.get();
                    Arena arena = Arena.ofConfined()) {
                MemorySegment pixels = arena.allocate(frame.packedSize(), 64);
                frame.convertTo(pixels, RgbLayout.BGRA);
                consumer.accept(frame, pixels);
            }
        }
    }
}
