package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FrameDigestTest {
    @Test
    void itIsSha256OfTheBytesAlone() {
        FrameDigest digest = new FrameDigest();
        // FIPS 180-4's examples: the empty message and "abc".
        assertThat(digest.hex()).isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

        digest.update("a".getBytes(StandardCharsets.US_ASCII));
        digest.update(MemorySegment.ofArray("bc".getBytes(StandardCharsets.US_ASCII)));

        assertThat(digest.hex()).isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(digest.frames()).isEqualTo(2);
    }

    @Test
    void paddingBetweenRowsDoesNotCount() {
        FrameDigest packed = new FrameDigest();
        packed.update("abcdef".getBytes(StandardCharsets.US_ASCII));
        FrameDigest padded = new FrameDigest();
        padded.update(MemorySegment.ofArray("?abc--def".getBytes(StandardCharsets.US_ASCII)), 1, 3, 5, 2);

        assertThat(padded.hex()).isEqualTo(packed.hex());
        assertThat(padded.frames()).isEqualTo(1);
    }

    @Test
    void oneBitOrTwoSwappedFramesChangeIt() throws Exception {
        List<byte[]> frames = Samples.bgraFrames(Clip.open(Samples.SMALL));
        String right = digest(frames);
        byte[] changed = frames.get(5).clone();
        changed[100] ^= 1;

        assertThat(digest(frames)).isEqualTo(right);
        assertThat(digest(List.of(frames.get(1), frames.get(0)))).isNotEqualTo(digest(frames.subList(0, 2)));
        assertThat(digest(List.of(changed))).isNotEqualTo(digest(List.of(frames.get(5))));
        assertThat(right)
                .isEqualTo(ReferenceDecode.digest(Clip.open(Samples.SMALL)).hex());
    }

    private static String digest(List<byte[]> frames) {
        FrameDigest digest = new FrameDigest();
        frames.forEach(digest::update);
        return digest.hex();
    }
}
