package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.crossdev.media.MediaException.Reason;
import dev.crossdev.testing.RequiresProgram;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClipTest {
    @Test
    void theRepositorysClipIsSmallAndSaysWhatItIs() throws Exception {
        ClipInfo info = Clip.open(Samples.DEMO).info();

        assertThat(Files.size(Samples.DEMO)).isLessThan(500_000);
        assertThat(info.container()).isEqualTo("mp4");
        assertThat(info.codec()).isEqualTo("h264");
        assertThat(info.width()).isEqualTo(640);
        assertThat(info.height()).isEqualTo(360);
        assertThat(info.frameCount()).isEqualTo(100);
        assertThat(info.frameRate()).isEqualTo(new FrameRate(25, 1));
        assertThat(info.durationMicros()).isEqualTo(4_000_000);
    }

    @Test
    void decodeAndDisplayOrderOfTheRepositorysClipDiffer() throws Exception {
        List<Long> decodeOrder = timestamps(Clip.open(Samples.DEMO));

        List<Long> displayOrder =
                LongStream.range(0, 100).mapToObj(rank -> rank * 40_000).toList();
        assertThat(decodeOrder).isNotEqualTo(displayOrder).containsExactlyInAnyOrderElementsOf(displayOrder);
    }

    @Test
    void theRepositorysClipHasTheSameFramesAndTimesInAnnexB() throws Exception {
        Clip mp4 = Clip.open(Samples.DEMO);

        Clip annexB = Clip.read(mp4.annexB());

        assertThat(annexB.info().container()).isEqualTo("annexb");
        assertThat(timestamps(annexB)).isEqualTo(timestamps(mp4));
        assertThat(keys(annexB)).isEqualTo(keys(mp4));
        assertThat(annexB.annexB()).isEqualTo(mp4.annexB());
        assertThat(ReferenceDecode.digest(annexB)).isEqualTo(ReferenceDecode.digest(mp4));
    }

    @Test
    void twoFilesOfTheSameStreamGiveTheSameClip() throws Exception {
        Clip annexB = Clip.open(Samples.SMALL);
        Clip mp4 = Clip.open(Samples.SMALL_MP4);

        assertThat(timestamps(annexB)).isEqualTo(timestamps(mp4));
        assertThat(keys(annexB)).isEqualTo(keys(mp4));
        assertThat(annexB.info().frameRate()).isEqualTo(mp4.info().frameRate());
        assertThat(ReferenceDecode.digest(annexB)).isEqualTo(ReferenceDecode.digest(mp4));
    }

    @Test
    void presentationTimesGoOnAcrossAKeyPictureInTheMiddle() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);

        assertThat(keys(clip)).containsExactly(0, 8);
        assertThat(timestamps(clip).get(8)).isEqualTo(8 * 40_000);
        assertThat(timestamps(clip))
                .isNotEqualTo(timestamps(clip).stream().sorted().toList());
        assertThat(timestamps(clip))
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(0, 12).mapToObj(rank -> rank * 40_000).toList());
    }

    @Test
    void timesFollowTheRateThatTheStreamSays() throws Exception {
        Clip clip = Clip.open(Samples.CROPPED);

        assertThat(clip.info().frameRate()).isEqualTo(new FrameRate(30, 1));
        assertThat(clip.info().durationMicros()).isEqualTo(400_000);
        assertThat(timestamps(clip)).contains(0L, 33_333L, 66_666L, 100_000L);
    }

    @Test
    void theSizeIsTheVisibleOne() throws Exception {
        ClipInfo info = Clip.open(Samples.CROPPED).info();

        assertThat(info.width()).isEqualTo(90);
        assertThat(info.height()).isEqualTo(58);
    }

    @Test
    void everyAccessUnitStartsWithAStartCodeAndCannotBeChanged() throws Exception {
        for (Path file : List.of(Samples.DEMO, Samples.SMALL, Samples.SMALL_MP4)) {
            assertThat(Clip.open(file).accessUnits()).allSatisfy(unit -> {
                byte[] bytes = unit.data().toArray(ValueLayout.JAVA_BYTE);
                int one = bytes[2] == 1 ? 2 : 3;
                assertThat(Arrays.copyOf(bytes, one)).containsOnly(0);
                assertThat(bytes[one]).isEqualTo((byte) 1);
                assertThat(unit.data().isReadOnly()).isTrue();
                assertThat(unit.size()).isEqualTo(bytes.length);
            });
        }
    }

    @Test
    void aMissingFileIsNamed() {
        MediaException e = failure(Path.of("no", "such.mp4"));

        assertThat(e.reason()).isEqualTo(Reason.UNREADABLE);
        assertThat(e).hasMessage("there is no file no/such.mp4");
    }

    @Test
    void aFolderIsNoClip() {
        assertThat(failure(Path.of("src")).reason()).isEqualTo(Reason.UNREADABLE);
    }

    @Test
    void anEmptyFileIsNoMedia() {
        assertThatThrownBy(() -> Clip.read(new byte[0])).hasMessage("the file is empty");
    }

    @Test
    void textIsNoMedia() {
        byte[] text = "to be or not to be, that is the question\n".repeat(500).getBytes(StandardCharsets.UTF_8);

        MediaException e = catchThrowableOfType(MediaException.class, () -> Clip.read(text));

        assertThat(e.reason()).isEqualTo(Reason.NOT_MEDIA);
    }

    @ParameterizedTest
    @RequiresProgram("ffmpeg")
    @CsvSource({
        "a.mp4,  -f lavfi -i testsrc2=s=64x48:d=0.2 -c:v mpeg4,  'its video is mpeg4, not H.264'",
        "b.mp4,  -f lavfi -i sine=d=0.2 -c:a aac,                'the file has no video track'",
        "c.mkv,  -f lavfi -i testsrc2=s=64x48:d=0.2 -c:v libx264, 'looks like matroska,webm: a clip is H.264'",
        "d.hevc, -f lavfi -i testsrc2=s=64x48:d=0.2 -c:v libx265 -x265-params log-level=none, 'looks like hevc: a clip'",
        "e.m2v,  -f lavfi -i testsrc2=s=64x48:d=0.2 -c:v mpeg2video, 'looks like mpegvideo: a clip is H.264'",
    })
    void whatIsNotH264IsCalledByItsName(String name, String options, String message, @TempDir Path folder)
            throws Exception {
        Path file = folder.resolve(name);
        List<String> command = new ArrayList<>(List.of("ffmpeg", "-v", "error"));
        command.addAll(List.of(options.split(" +", -1)));
        command.add(file.toString());
        Program.run(command);

        MediaException e = failure(file);

        assertThat(e.reason()).isEqualTo(Reason.NOT_H264);
        assertThat(e).hasMessageStartingWith(file + ": " + message);
        assertThat(e.getMessage()).doesNotContain("\n");
    }

    @Test
    void anMp4CutAnywhereIsRefused() {
        byte[] whole = Samples.bytes(Samples.SMALL_MP4);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            MediaException e = catchThrowableOfType(MediaException.class, () -> Clip.read(cut));
            assertThat(e).as("cut to %d bytes", length).isNotNull();
            // Without eight bytes there is no box yet to tell an MP4 file by.
            assertThat(e.reason()).isEqualTo(length < 8 ? Reason.NOT_MEDIA : Reason.TRUNCATED);
        }
    }

    @Test
    void aStreamCutAnywhereIsRefusedOrGivesThePicturesBeforeTheCut() throws Exception {
        Clip wholeClip = Clip.open(Samples.SMALL);
        byte[] whole = Samples.bytes(Samples.SMALL);
        int refused = 0;
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            try {
                int count = Clip.read(cut).info().frameCount();
                int complete = picturesWithin(wholeClip, length);
                // The last picture may be there although its last bytes are not: the decoder does not miss them.
                assertThat(count).as("cut to %d bytes", length).isBetween(complete, complete + 1);
            } catch (MediaException e) {
                assertThat(e.reason()).isEqualTo(length < 5 ? Reason.NOT_MEDIA : Reason.TRUNCATED);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(whole.length * 9 / 10);
    }

    @Test
    void aStreamDamagedInTheMiddleIsRefused() {
        byte[] bytes = Samples.bytes(Samples.SMALL);
        Arrays.fill(bytes, 1000, 1100, (byte) 0x55);

        MediaException e = catchThrowableOfType(MediaException.class, () -> Clip.read(bytes));

        assertThat(e.reason()).isEqualTo(Reason.CORRUPT);
        assertThat(e).hasMessage("picture 1 of 12 is damaged");
    }

    private static int picturesWithin(Clip clip, int length) {
        int end = 0;
        int count = 0;
        for (AccessUnit unit : clip.accessUnits()) {
            end += unit.size();
            if (end > length) {
                break;
            }
            count++;
        }
        return count;
    }

    private static MediaException failure(Path file) {
        return catchThrowableOfType(MediaException.class, () -> Clip.open(file));
    }

    private static List<Long> timestamps(Clip clip) {
        return clip.accessUnits().stream().map(AccessUnit::timestampMicros).toList();
    }

    private static List<Integer> keys(Clip clip) {
        return IntStream.range(0, clip.accessUnits().size())
                .filter(index -> clip.accessUnits().get(index).key())
                .boxed()
                .toList();
    }
}
