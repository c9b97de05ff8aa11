package dev.crossdev.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpFileTest {

    private final UpFile here = new UpFile(ProcessHandle.current().pid(), "127.0.0.1:1", "127.0.0.1:2");

    @Test
    void servicesAreFoundAsLongAsTheyAreAnnounced(@TempDir Path folder) throws Exception {
        Path base = folder.resolve("crossdev");
        assertThat(UpFile.running(base)).isEmpty();
        try (AutoCloseable _ = UpFile.announce(base, here)) {
            assertThat(UpFile.running(base)).containsExactly(here);
        }
        assertThat(UpFile.running(base)).isEmpty();
    }

    @Test
    void whatAKilledCommandLeftIsTakenAway(@TempDir Path base) throws Exception {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        var _ = UpFile.announce(base, new UpFile(dead.pid(), "127.0.0.1:1", "127.0.0.1:2"));
        Files.writeString(base.resolve("up-1.json"), "nonsense");

        assertThat(UpFile.running(base)).isEmpty();
        assertThat(base).isEmptyDirectory();
    }
}
