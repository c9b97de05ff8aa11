package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class H264DecoderTest {
    @Test
    void theFormatIsKnownOnceTheFirstUnitIsSentAndBeforeAnyPictureCameOut() throws Exception {
        try (H264Decoder decoder = new H264Decoder()) {
            assertThat(decoder.format()).isEmpty();

            decoder.send(Clip.open(Samples.CROPPED).accessUnits().getFirst().data(), 0);

            assertThat(decoder.format()).hasValue(new StreamFormat(90, 58, 96, 64, ColorMatrix.BT601, true));
            assertThat(decoder.frameRate()).hasValue(new FrameRate(30, 1));
            assertThat(decoder.receive()).isEmpty();
        }
    }

    @Test
    void theStreamsOwnMatrixAndRangeAreReported() throws Exception {
        try (H264Decoder decoder = new H264Decoder();
                DecodedFrame frame = Samples.firstFrame(decoder, Clip.open(Samples.DEMO))) {
            assertThat(frame.matrix()).isEqualTo(ColorMatrix.BT709);
            assertThat(frame.fullRange()).isFalse();
            assertThat(decoder.format()).hasValue(new StreamFormat(640, 360, 640, 368, ColorMatrix.BT709, false));
        }
    }

    @Test
    void picturesComeOutInDisplayOrderWithTheTimestampsOfTheirUnits() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        List<Long> timestamps = new ArrayList<>();
        StringBuilder types = new StringBuilder();

        ReferenceDecode.forEachFrame(clip, (frame, _) -> {
            timestamps.add(frame.timestamp());
            types.append(frame.pictureType());
            assertThat(frame.key()).isEqualTo(frame.pictureType() == 'I');
            assertThat(frame.corrupt()).isFalse();
        });

        assertThat(timestamps).hasSize(12).isSorted().doesNotHaveDuplicates();
        // What ffprobe says of the file (clips/make-clip.sh prints it).
        assertThat(types).hasToString("IBBBPBBPIBBP");
    }

    @Test
    void anyTimestampComesBackAsItIs() throws Exception {
        long[] odd = {Long.MIN_VALUE, -1, 0, 0, Long.MAX_VALUE, 7, 7, -5, 1, 2, 3, 4};
        List<AccessUnit> units = Clip.open(Samples.SMALL).accessUnits();
        List<Long> seen = new ArrayList<>();
        try (H264Decoder decoder = new H264Decoder()) {
            for (int index = 0; index < units.size(); index++) {
                decoder.send(units.get(index).data(), odd[index]);
                collect(decoder, seen);
            }
            decoder.drain();
            collect(decoder, seen);
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(Long.MIN_VALUE, -1L, 0L, 0L, Long.MAX_VALUE, 7L, 7L, -5L, 1L, 2L, 3L, 4L);
    }

    @Test
    void drainingLetsOutEveryPictureHeldBack() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        try (H264Decoder decoder = new H264Decoder()) {
            int before = 0;
            for (AccessUnit unit : clip.accessUnits()) {
                before += Samples.feed(decoder, unit.data(), 0);
            }
            assertThat(before).isLessThan(12);
            assertThat(decoder.drained()).isFalse();

            decoder.drain();
            decoder.drain();

            assertThat(before + Samples.discard(decoder)).isEqualTo(12);
            assertThat(decoder.drained()).isTrue();
            assertThat(decoder.receive()).isEmpty();
        }
    }

    @Test
    void aDrainedDecoderTakesNothingUntilItIsFlushed() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        MemorySegment first = clip.accessUnits().getFirst().data();
        try (H264Decoder decoder = new H264Decoder()) {
            decoder.drain();
            assertThatThrownBy(() -> decoder.send(first, 0)).isInstanceOf(IllegalStateException.class);

            decoder.flush();

            int pictures = 0;
            for (AccessUnit unit : clip.accessUnits()) {
                pictures += Samples.feed(decoder, unit.data(), 0);
            }
            decoder.drain();
            assertThat(pictures + Samples.discard(decoder)).isEqualTo(12);
        }
    }

    @Test
    void flushingForgetsThePicturesHeldBack() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        try (H264Decoder decoder = new H264Decoder()) {
            for (AccessUnit unit : clip.accessUnits().subList(0, 6)) {
                Samples.feed(decoder, unit.data(), 1);
            }
            decoder.flush();
            List<Long> seen = new ArrayList<>();
            for (AccessUnit unit : clip.accessUnits().subList(8, 12)) {
                decoder.send(unit.data(), 2);
                collect(decoder, seen);
            }
            decoder.drain();
            collect(decoder, seen);

            assertThat(seen).containsExactly(2L, 2L, 2L, 2L);
        }
    }

    @Test
    void aChangeOfResolutionIsSeenAtItsUnitAndLosesNoPicture() throws Exception {
        Clip small = Clip.open(Samples.SMALL);
        Clip cropped = Clip.open(Samples.CROPPED);
        List<Integer> widths = new ArrayList<>();
        List<byte[]> pixels = new ArrayList<>();
        try (H264Decoder decoder = new H264Decoder()) {
            for (Clip clip : List.of(small, cropped, small)) {
                for (AccessUnit unit : clip.accessUnits()) {
                    decoder.send(unit.data(), 0);
                    assertThat(decoder.format().orElseThrow().width())
                            .isEqualTo(clip.info().width());
                    take(decoder, widths, pixels);
                }
            }
            decoder.drain();
            take(decoder, widths, pixels);
        }
        List<byte[]> expected = new ArrayList<>(Samples.bgraFrames(small));
        expected.addAll(Samples.bgraFrames(cropped));
        expected.addAll(Samples.bgraFrames(small));
        assertThat(widths).hasSize(36);
        assertThat(widths.subList(0, 12)).containsOnly(64);
        assertThat(widths.subList(12, 24)).containsOnly(90);
        assertThat(widths.subList(24, 36)).containsOnly(64);
        assertThat(pixels).usingRecursiveComparison().isEqualTo(expected);
    }

    @Test
    void aUnitThatCannotBeDecodedIsRefusedAndTheNextOnesAreDecoded() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        try (H264Decoder decoder = new H264Decoder()) {
            MemorySegment junk = MemorySegment.ofArray(new byte[] {0, 0, 1, 0x65, (byte) 0xff, 0x12, 0x34});
            assertThat(reason(decoder, junk)).isEqualTo(Reason.CORRUPT);
            assertThat(reason(decoder, MemorySegment.ofArray(new byte[0]))).isEqualTo(Reason.CORRUPT);
            assertThat(decoder.format()).isEmpty();

            int pictures = 0;
            for (AccessUnit unit : clip.accessUnits()) {
                pictures += Samples.feed(decoder, unit.data(), 0);
            }
            decoder.drain();
            assertThat(pictures + Samples.discard(decoder)).isEqualTo(12);
        }
    }

    @Test
    void parameterSetsMayComeAlone() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        byte[] first = clip.accessUnits().getFirst().data().toArray(ValueLayout.JAVA_BYTE);
        int picture = startOfPicture(first);
        try (H264Decoder decoder = new H264Decoder()) {
            assertThat(Samples.feed(decoder, MemorySegment.ofArray(Arrays.copyOf(first, picture)), 0))
                    .isZero();
            int pictures =
                    Samples.feed(decoder, MemorySegment.ofArray(Arrays.copyOfRange(first, picture, first.length)), 0);
            assertThat(decoder.format()).isPresent();
            for (AccessUnit unit : clip.accessUnits().subList(1, 12)) {
                pictures += Samples.feed(decoder, unit.data(), 0);
            }
            decoder.drain();
            assertThat(pictures + Samples.discard(decoder)).isEqualTo(12);
        }
    }

    /** Where the first unit of an instantaneous refresh begins, with its three-byte start code. */
    private static int startOfPicture(byte[] unit) {
        for (int at = 0; at + 3 < unit.length; at++) {
            if (unit[at] == 0 && unit[at + 1] == 0 && unit[at + 2] == 1 && (unit[at + 3] & 0x1f) == 5) {
                return at;
            }
        }
        throw new AssertionError("no key picture");
    }

    @Test
    void aPictureWithLostPartsSaysSo() throws Exception {
        byte[] unit = Clip.open(Samples.SMALL).accessUnits().getFirst().data().toArray(ValueLayout.JAVA_BYTE);
        try (H264Decoder decoder = new H264Decoder()) {
            decoder.send(MemorySegment.ofArray(unit).asSlice(0, unit.length - 200), 0);
            decoder.drain();
            try (DecodedFrame frame = decoder.receive().orElseThrow()) {
                assertThat(frame.corrupt()).isTrue();
            }
        }
    }

    @Test
    void aPictureBeyondTheLimitIsRefused() throws Exception {
        MemorySegment first = Clip.open(Samples.SMALL).accessUnits().getFirst().data();
        try (H264Decoder decoder = new H264Decoder(1, 64 * 48 - 1)) {
            assertThat(reason(decoder, first)).isEqualTo(Reason.CORRUPT);
        }
    }

    @Test
    void severalThreadsGiveTheSamePictures() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        FrameDigest digest = new FrameDigest();
        try (H264Decoder decoder = new H264Decoder(3, H264Decoder.DEFAULT_MAX_PIXELS)) {
            for (AccessUnit unit : clip.accessUnits()) {
                decoder.send(unit.data(), 0);
                digest(decoder, digest);
            }
            decoder.drain();
            digest(decoder, digest);
        }
        assertThat(digest.hex()).isEqualTo(ReferenceDecode.digest(clip).hex());
    }

    @Test
    void nothingCanBeDoneWithAClosedDecoderAndItsFrames() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        MemorySegment first = clip.accessUnits().getFirst().data();
        H264Decoder decoder = new H264Decoder();
        DecodedFrame frame = Samples.firstFrame(decoder, clip);

        decoder.close();
        decoder.close();
        frame.close();

        try (Arena arena = Arena.ofConfined()) {
            MemorySegment destination = arena.allocate(frame.packedSize());
            assertThatThrownBy(() -> frame.convertTo(destination, RgbLayout.BGRA))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> decoder.send(first, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(decoder::receive).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(decoder::drain).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(decoder::flush).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(decoder::format).isInstanceOf(IllegalStateException.class);
        assertThat(frame.width()).isEqualTo(64);
    }

    @Test
    void aClosedFrameIsGoneWhileOthersStay() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        try (H264Decoder decoder = new H264Decoder();
                Arena arena = Arena.ofConfined()) {
            DecodedFrame first = Samples.firstFrame(decoder, clip);
            MemorySegment destination = arena.allocate(first.packedSize());
            first.close();
            first.close();
            assertThatThrownBy(() -> first.convertTo(destination, RgbLayout.BGRA))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the frame is closed");
            decoder.flush();
            DecodedFrame second = Samples.firstFrame(decoder, clip);
            second.convertTo(destination, RgbLayout.BGRA);
        }
    }

    private static Reason reason(H264Decoder decoder, MemorySegment unit) {
        return catchThrowableOfType(MediaException.class, () -> decoder.send(unit, 0))
                .reason();
    }

    private static void collect(H264Decoder decoder, List<Long> timestamps) throws MediaException {
        for (Optional<DecodedFrame> next = decoder.receive(); next.isPresent(); next = decoder.receive()) {
            try (DecodedFrame frame = next.get()) {
                timestamps.add(frame.timestamp());
            }
        }
    }

    private static void take(H264Decoder decoder, List<Integer> widths, List<byte[]> pixels) throws MediaException {
        for (Optional<DecodedFrame> next = decoder.receive(); next.isPresent(); next = decoder.receive()) {
            try (DecodedFrame frame = next.get();
                    Arena arena = Arena.ofConfined()) {
                MemorySegment packed = arena.allocate(frame.packedSize());
                frame.convertTo(packed, RgbLayout.BGRA);
                widths.add(frame.width());
                pixels.add(packed.toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    private static void digest(H264Decoder decoder, FrameDigest digest) throws MediaException {
        List<byte[]> pixels = new ArrayList<>();
        take(decoder, new ArrayList<>(), pixels);
        pixels.forEach(digest::update);
    }
}
