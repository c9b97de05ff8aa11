package dev.crossdev.media;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The clips that clips/make-clip.sh makes, and short ways to decode them. */
final class Samples {
    static final Path CLIPS = Path.of("..", "clips");
    /** 640x360, BT.709, limited range, 100 pictures at 25 per second. */
    static final Path DEMO = CLIPS.resolve("demo.mp4");

    private static final Path RESOURCES = Path.of("src", "test", "resources");
    /** 64x48, 12 pictures at 25 per second, a second key picture at the ninth. */
    static final Path SMALL = RESOURCES.resolve("sample-64x48.h264");
    /** The same pictures in MP4. */
    static final Path SMALL_MP4 = RESOURCES.resolve("sample-64x48.mp4");
    /** 90x58 (cropped from 96x64), BT.601, full range, 12 pictures at 30 per second. */
    static final Path CROPPED = RESOURCES.resolve("sample-90x58.h264");

    private Samples() {}

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static List<byte[]> bgraFrames(Clip clip) throws MediaException {
        List<byte[]> frames = new ArrayList<>();
        ReferenceDecode.forEachFrame(clip, (_, pixels) -> frames.add(pixels.toArray(ValueLayout.JAVA_BYTE)));
        return frames;
    }

    /** Sends the unit and closes what comes out; the answer is how many pictures that were. */
    static int feed(H264Decoder decoder, MemorySegment unit, long timestamp) throws MediaException {
        decoder.send(unit, timestamp);
        return discard(decoder);
    }

    static int discard(H264Decoder decoder) throws MediaException {
        int count = 0;
        for (Optional<DecodedFrame> next = decoder.receive(); next.isPresent(); next = decoder.receive()) {
            next.get().close();
            count++;
        }
        return count;
    }

    /** Sends units until the first picture comes out. */
    static DecodedFrame firstFrame(H264Decoder decoder, Clip clip) throws MediaException {
        for (AccessUnit unit : clip.accessUnits()) {
            decoder.send(unit.data(), unit.timestampMicros());
            Optional<DecodedFrame> frame = decoder.receive();
            if (frame.isPresent()) {
                return frame.get();
            }
        }
        throw new AssertionError("no picture came out");
    }
}
