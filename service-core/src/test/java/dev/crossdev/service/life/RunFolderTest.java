package dev.crossdev.service.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {

    @TempDir
    Path temp;

    @Test
    void aRunFolderIsPrivateAndGoesWithAllThatIsInIt() throws IOException {
        Path base = RunFolder.privateBase(temp.resolve("base"));
        RunFolder folder = RunFolder.open(base, "gpu");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path())))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(base)))
                .isEqualTo("rwx------");
        Files.writeString(folder.path().resolve("ready.json"), "{}");
        folder.close();
        folder.close();
        assertThat(base).isEmptyDirectory();
    }

    @Test
    void aSweepTakesOnlyFoldersWhoseLockIsFree() throws IOException {
        Path dead = Files.createDirectories(temp.resolve("run-gpu-1-dead"));
        Files.createFile(dead.resolve("lock"));
        Files.createFile(dead.resolve("memory.sock"));
        Path strange = Files.createDirectories(temp.resolve("run-without-lock"));
        Path other = Files.createDirectories(temp.resolve("something"));
        try (RunFolder living = RunFolder.open(temp, "gpu");
                RunFolder next = RunFolder.open(temp, "gpu")) {
            assertThat(dead).doesNotExist();
            assertThat(living.path()).isDirectory();
            assertThat(next.path()).isDirectory().isNotEqualTo(living.path());
            assertThat(strange).isDirectory();
            assertThat(other).isDirectory();
        }
    }

    @Test
    void aFolderOfAnotherProcessIsLeftAloneUntilThatProcessDies() throws Exception {
        Path held = Files.createDirectories(temp.resolve("run-gpu-2-held"));
        Path lock = Files.createFile(held.resolve("lock"));
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        lock.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            // It says so when it has the lock.
            assertThat(holder.getInputStream().read()).isEqualTo('L');
            RunFolder.open(temp, "gpu").close();
            assertThat(held).isDirectory();
        } finally {
            holder.destroyForcibly().waitFor();
        }
        RunFolder.open(temp, "gpu").close();
        assertThat(held).doesNotExist();
    }

    @Test
    void aDefaultBaseThatSomebodyElsePutThereIsRefused() throws IOException {
        Path elsewhere = Files.createDirectories(temp.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(temp.resolve("link"), elsewhere);
        assertThatThrownBy(() -> RunFolder.privateBase(link)).isInstanceOf(ErrnoException.class);
        try (Stream<Path> files = Files.list(elsewhere)) {
            assertThat(files).isEmpty();
        }
    }
}
