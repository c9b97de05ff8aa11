package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessesTest {
    @Test
    void processesThatUnpackTheNativesAtTheSameTimeAllWorkAndAgree(@TempDir Path cache) throws Exception {
        List<Process> processes = new ArrayList<>();
        try {
            for (int count = 0; count < 3; count++) {
                processes.add(new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-Xmx64m",
                                "-XX:TieredStopAtLevel=1",
                                "-Dorg.bytedeco.javacpp.cachedir=" + cache,
                                "-cp",
                                System.getProperty("java.class.path"),
                                DigestProgram.class.getName(),
                                Samples.SMALL.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
            }
            String expected = ReferenceDecode.digest(Clip.open(Samples.SMALL)).hex();
            for (Process process : processes) {
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
                assertThat(process.inputReader().readLine()).isEqualTo(expected);
            }
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
        assertThat(cache).isNotEmptyDirectory();
    }
}
