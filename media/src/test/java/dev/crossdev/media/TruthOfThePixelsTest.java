package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.testing.RequiresProgram;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Digests compare this module with itself; only the pictures as they were before encoding can tell that its colours are
 * right.
 */
@RequiresProgram("ffmpeg")
final class TruthOfThePixelsTest {
    private static final double LEAST_DECIBELS = 35;

    @ParameterizedTest
    @CsvSource({"../clips/demo.mp4, ../clips/demo.lavfi", "src/test/resources/sample-90x58.h264, ../clips/small.lavfi"})
    void everyDecodedFrameIsCloseToItsGeneratorsOwn(Path file, Path generator, @TempDir Path folder) throws Exception {
        Clip clip = Clip.open(file);
        Path raw = folder.resolve("frames.bgra");
        Program.run(List.of(
                "ffmpeg",
                "-v",
                "error",
                "-filter_complex",
                Files.readString(generator).strip(),
                "-pix_fmt",
                "bgra",
                "-f",
                "rawvideo",
                raw.toString()));
        int size = clip.info().width() * clip.info().height() * 4;
        assertThat(Files.size(raw)).isEqualTo((long) size * clip.info().frameCount());

        try (InputStream generated = new BufferedInputStream(Files.newInputStream(raw))) {
            for (byte[] frame : Samples.bgraFrames(clip)) {
                for (double decibels : Psnr.perChannel(frame, generated.readNBytes(size))) {
                    assertThat(decibels).isGreaterThanOrEqualTo(LEAST_DECIBELS);
                }
            }
        }
    }
}
