package dev.crossdev.service.life;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LauncherPipeTest {

    @Test
    void theEndOfThePipeIsToldAndWhatComesThroughItIsNot() throws Exception {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (PipedOutputStream launcher = new PipedOutputStream();
                PipedInputStream pipe = new PipedInputStream(launcher)) {
            LauncherPipe.watch(pipe, () -> ended.complete(true));
            launcher.write("anything\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            launcher.flush();
            assertThat(ended).isNotDone();
            launcher.close();
            assertThat(ended.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
