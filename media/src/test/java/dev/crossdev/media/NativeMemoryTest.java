package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Native memory has owners: what was allocated is freed, on good and on bad paths, without the garbage collector. */
final class NativeMemoryTest {
    /** Less than the smallest structure of FFmpeg per picture. */
    private static final long TOLERATED_BYTES = 100_000;

    @ParameterizedTest
    @CsvSource({"DECODED_CLIPS, 300", "OPENED_CLIPS, 300", "REFUSED_CLIPS, 300", "FRAMES_LEFT_TO_THEIR_DECODER, 300"})
    void nothingIsLeftBehind(MemoryGrowthProgram.Scenario scenario, int rounds) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx128m",
                        "-Xint",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MemoryGrowthProgram.class.getName(),
                        scenario.name(),
                        Integer.toString(rounds))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(Long.parseLong(process.inputReader().readLine())).isLessThan(TOLERATED_BYTES);
        } finally {
            process.destroyForcibly();
        }
    }
}
