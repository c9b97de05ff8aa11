package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConversionTest {
    private static final byte UNTOUCHED = 0x5a;

    @AfterEach
    void useThisMachinesVectorUnitsAgain() {
        avutil.av_force_cpu_flags(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0", "1, 0", "2, 0", "3, 0", "4, 0", "7, 0", "16, 0", "33, 0", "0, 1", "0, 2", "0, 3", "0, 4", "0, 24",
        "0, 64", "5, 13", "63, 1", "1, 4096"
    })
    void thePixelsDoNotDependOnAlignmentAndStrideAndNothingElseIsWritten(int offset, int padding) throws Exception {
        for (Path file : new Path[] {Samples.SMALL, Samples.CROPPED}) {
            Clip clip = Clip.open(file);
            try (H264Decoder decoder = new H264Decoder();
                    DecodedFrame frame = Samples.firstFrame(decoder, clip);
                    Arena arena = Arena.ofConfined()) {
                int rowBytes = frame.width() * 4;
                int stride = rowBytes + padding;
                MemorySegment packed = arena.allocate(frame.packedSize(), 64);
                frame.convertTo(packed, RgbLayout.BGRA);
                MemorySegment destination = arena.allocate(offset + (long) stride * frame.height() + 128, 64);
                destination.fill(UNTOUCHED);

                frame.convertTo(destination, offset, stride, RgbLayout.BGRA);

                for (int row = 0; row < frame.height(); row++) {
                    long start = offset + (long) row * stride;
                    assertThat(destination
                                    .asSlice(start, rowBytes)
                                    .mismatch(packed.asSlice((long) row * rowBytes, rowBytes)))
                            .as("first wrong byte of row %d", row)
                            .isEqualTo(-1);
                    destination.asSlice(start, rowBytes).fill(UNTOUCHED);
                }
                assertThat(destination.toArray(ValueLayout.JAVA_BYTE)).containsOnly(UNTOUCHED);
            }
        }
    }

    @Test
    void memoryThatEndsWithTheLastPixelIsNotOverrun() throws Exception {
        for (Path file : new Path[] {Samples.SMALL, Samples.CROPPED, Samples.DEMO}) {
            Clip clip = Clip.open(file);
            try (H264Decoder decoder = new H264Decoder();
                    DecodedFrame frame = Samples.firstFrame(decoder, clip);
                    Arena arena = Arena.ofConfined();
                    GuardedMemory memory = new GuardedMemory(frame.packedSize())) {
                MemorySegment expected = arena.allocate(frame.packedSize(), 64);
                frame.convertTo(expected, RgbLayout.BGRA);

                MemorySegment end = memory.atEnd(frame.packedSize());
                frame.convertTo(end, RgbLayout.BGRA);
                assertThat(end.mismatch(expected)).isEqualTo(-1);

                MemorySegment start = memory.atStart(frame.packedSize());
                frame.convertTo(start, RgbLayout.BGRA);
                assertThat(start.mismatch(expected)).isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RgbLayout.class)
    void everyLayoutHoldsTheSameColoursInItsOrder(RgbLayout layout) throws Exception {
        try (H264Decoder decoder = new H264Decoder();
                DecodedFrame frame = Samples.firstFrame(decoder, Clip.open(Samples.CROPPED));
                Arena arena = Arena.ofConfined()) {
            MemorySegment bgra = arena.allocate(frame.packedSize());
            MemorySegment other = arena.allocate(frame.packedSize());
            frame.convertTo(bgra, RgbLayout.BGRA);
            frame.convertTo(other, layout);

            for (long pixel = 0; pixel < frame.packedSize(); pixel += 4) {
                for (char channel : "BGRA".toCharArray()) {
                    byte expected = bgra.get(ValueLayout.JAVA_BYTE, pixel + "BGRA".indexOf(channel));
                    assertThat(other.get(
                                    ValueLayout.JAVA_BYTE, pixel + layout.name().indexOf(channel)))
                            .isEqualTo(expected);
                }
                assertThat(other.get(
                                ValueLayout.JAVA_BYTE, pixel + layout.name().indexOf('A')))
                        .isEqualTo((byte) 0xff);
            }
        }
    }

    @Test
    void theVectorUnitsOfTheMachineDoNotChangeAPixel() throws Exception {
        Clip clip = Clip.open(Samples.DEMO);
        ReferenceDecode.Result fast = ReferenceDecode.digest(clip);

        avutil.av_force_cpu_flags(0);

        assertThat(ReferenceDecode.digest(clip)).isEqualTo(fast);
    }

    @Test
    void theSamplesHaveTheDigestsTheyHadOnEveryMachineBefore() throws Exception {
        assertThat(ReferenceDecode.digest(Clip.open(Samples.SMALL)))
                .isEqualTo(new ReferenceDecode.Result(
                        "3c021ebf7f9e270bde5c20e872e4fdb3ed0845a66f99fcf0118898453ac6c70f", 12));
        assertThat(ReferenceDecode.digest(Clip.open(Samples.CROPPED)))
                .isEqualTo(new ReferenceDecode.Result(
                        "7ae5ef0c879b142ce948b4fe4e6fac307fc230f05a12a7ffbc367d1bcd74e3a4", 12));
        assertThat(ReferenceDecode.digest(Clip.open(Samples.DEMO)))
                .isEqualTo(new ReferenceDecode.Result(
                        "27959fbc773364eba2b5df9602c9c7024e0d1b5bca1f50fb0885627746691bb9", 100));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 17, 64, 93, 640})
    void theTwoStepsGiveWhatTheSingleStepGives(int width) throws Exception {
        int height = 22;
        AVFrame noise = noise(width, height, avutil.AV_PIX_FMT_YUV420P, width);
        AVFrame target = avutil.av_frame_alloc();
        try (Arena arena = Arena.ofConfined();
                PictureConverter converter = new PictureConverter();
                PixelConversion single = PixelConversion.toRgb(
                        width,
                        height,
                        avutil.AV_PIX_FMT_YUV420P,
                        avutil.AV_PIX_FMT_BGRA,
                        ColorMatrix.BT709,
                        false,
                        avutil.AVCHROMA_LOC_LEFT)) {
            MemorySegment two = arena.allocate(4L * width * height);
            MemorySegment one = arena.allocate(4L * width * height, 64);
            noise.chroma_location(avutil.AVCHROMA_LOC_LEFT);
            converter.convert(noise, ColorMatrix.BT709, false, two, 0, width * 4, RgbLayout.BGRA);
            target.data(0, new BytePointer(one.asByteBuffer()));
            target.linesize(0, width * 4);
            single.run(noise, target);

            assertThat(two.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(one.toArray(ValueLayout.JAVA_BYTE));
        } finally {
            avutil.av_frame_free(noise);
            avutil.av_frame_free(target);
        }
    }

    /** Grey and the primaries, from the definitions of the matrices (ITU-R BT.601 and BT.709, 8 bit). */
    @ParameterizedTest
    @CsvSource({
        "BT601, false, 16, 128, 128, 0, 0, 0",
        "BT601, false, 235, 128, 128, 255, 255, 255",
        "BT601, false, 81, 90, 240, 254, 0, 0",
        "BT709, false, 63, 102, 240, 255, 0, 0",
        "BT709, false, 173, 42, 26, 0, 255, 1",
        "BT709, false, 32, 240, 118, 1, 0, 255",
        "BT601, true, 0, 128, 128, 0, 0, 0",
        "BT601, true, 255, 128, 128, 255, 255, 255",
        "BT601, true, 76, 85, 255, 254, 0, 0",
    })
    void coloursFollowTheMatrixAndTheRange(
            ColorMatrix matrix, boolean fullRange, int luma, int blueness, int redness, int red, int green, int blue)
            throws Exception {
        AVFrame flat = picture(16, 16, avutil.AV_PIX_FMT_YUV420P);
        fill(flat, 0, 16, luma);
        fill(flat, 1, 8, blueness);
        fill(flat, 2, 8, redness);
        try (Arena arena = Arena.ofConfined();
                PictureConverter converter = new PictureConverter()) {
            MemorySegment pixels = arena.allocate(16 * 16 * 4);
            converter.convert(flat, matrix, fullRange, pixels, 0, 64, RgbLayout.RGBA);

            for (int pixel = 0; pixel < 256; pixel++) {
                assertThat(pixels.get(ValueLayout.JAVA_BYTE, pixel * 4L) & 0xff).isBetween(red - 1, red + 1);
                assertThat(pixels.get(ValueLayout.JAVA_BYTE, pixel * 4L + 1) & 0xff)
                        .isBetween(green - 1, green + 1);
                assertThat(pixels.get(ValueLayout.JAVA_BYTE, pixel * 4L + 2) & 0xff)
                        .isBetween(blue - 1, blue + 1);
            }
        } finally {
            avutil.av_frame_free(flat);
        }
    }

    @Test
    void anUntaggedStreamGetsTheMatrixOfItsSize() {
        int unsaid = avutil.AVCOL_SPC_UNSPECIFIED;
        assertThat(ColorMatrix.of(unsaid, 720, 576)).isEqualTo(ColorMatrix.BT601);
        assertThat(ColorMatrix.of(unsaid, 1280, 576)).isEqualTo(ColorMatrix.BT709);
        assertThat(ColorMatrix.of(unsaid, 640, 720)).isEqualTo(ColorMatrix.BT709);
        assertThat(ColorMatrix.of(avutil.AVCOL_SPC_BT709, 64, 48)).isEqualTo(ColorMatrix.BT709);
        assertThat(ColorMatrix.of(avutil.AVCOL_SPC_SMPTE170M, 1920, 1080)).isEqualTo(ColorMatrix.BT601);
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeAByteIsWritten() throws Exception {
        try (H264Decoder decoder = new H264Decoder();
                DecodedFrame frame = Samples.firstFrame(decoder, Clip.open(Samples.SMALL));
                Arena arena = Arena.ofConfined()) {
            long size = frame.packedSize();
            MemorySegment destination = arena.allocate(size);
            destination.fill(UNTOUCHED);

            assertThatThrownBy(() -> frame.convertTo(destination, 1, 256, RgbLayout.BGRA))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> frame.convertTo(destination, -1, 256, RgbLayout.BGRA))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> frame.convertTo(destination, Long.MAX_VALUE, 256, RgbLayout.BGRA))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> frame.convertTo(destination, 0, 257, RgbLayout.BGRA))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> frame.convertTo(destination, 0, Integer.MAX_VALUE, RgbLayout.BGRA))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> frame.convertTo(destination, 0, 255, RgbLayout.BGRA))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> frame.convertTo(destination, 0, -256, RgbLayout.BGRA))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> frame.convertTo(destination.asSlice(0, size - 1), RgbLayout.BGRA))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> frame.convertTo(destination.asReadOnly(), RgbLayout.BGRA))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> frame.convertTo(MemorySegment.ofArray(new byte[(int) size]), RgbLayout.BGRA))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(destination.toArray(ValueLayout.JAVA_BYTE)).containsOnly(UNTOUCHED);
        }
    }

    @Test
    void unmappedMemoryIsRefused() throws Exception {
        try (H264Decoder decoder = new H264Decoder();
                DecodedFrame frame = Samples.firstFrame(decoder, Clip.open(Samples.SMALL))) {
            MemorySegment gone;
            try (Arena arena = Arena.ofConfined()) {
                gone = arena.allocate(frame.packedSize());
            }
            assertThatThrownBy(() -> frame.convertTo(gone, RgbLayout.BGRA)).isInstanceOf(IllegalStateException.class);
        }
    }

    private static AVFrame noise(int width, int height, int format, long seed) {
        AVFrame frame = picture(width, height, format);
        Random random = new Random(seed);
        for (int plane = 0; plane < 3; plane++) {
            byte[] bytes = new byte[frame.linesize(plane) * (plane == 0 ? height : height / 2)];
            random.nextBytes(bytes);
            frame.data(plane).put(bytes);
        }
        return frame;
    }

    private static AVFrame picture(int width, int height, int format) {
        AVFrame frame = avutil.av_frame_alloc();
        frame.width(width).height(height).format(format);
        assertThat(avutil.av_frame_get_buffer(frame, 64)).isZero();
        return frame;
    }

    private static void fill(AVFrame frame, int plane, int rows, int value) {
        byte[] bytes = new byte[frame.linesize(plane) * rows];
        Arrays.fill(bytes, (byte) value);
        frame.data(plane).put(bytes);
    }
}
