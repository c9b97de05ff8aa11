package dev.crossdev.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassCacheTest {

    private static final Instant BUILT = Instant.parse("2026-11-30T12:00:00Z");

    @TempDir
    Path target;

    private Path app;
    private Path jar;

    @BeforeEach
    void build() throws IOException {
        app = target.resolve("quarkus-app");
        Path lib = Files.createDirectories(app.resolve("lib"));
        jar = Files.createFile(lib.resolve("some.jar"));
        setTimes(BUILT, jar, lib, app);
    }

    private static void setTimes(Instant time, Path... files) throws IOException {
        for (Path file : files) {
            Files.setLastModifiedTime(file, FileTime.from(time));
        }
    }

    private Path cache(Instant made) throws IOException {
        Path file = Files.createFile(ClassCache.of(app).file());
        setTimes(made, file);
        return file;
    }

    @Test
    void theFirstRunMakesIt() {
        ClassCache none = ClassCache.of(app);

        assertThat(none.isThere()).isFalse();
        assertThat(none.jvmOptions()).containsExactly("-XX:AOTCacheOutput=" + none.file());
        assertThat(none.file().getParent()).isEqualTo(target);
    }

    @Test
    void theNextRunsUseIt() throws IOException {
        Path file = cache(BUILT.plusSeconds(1));

        assertThat(ClassCache.of(app).isThere()).isTrue();
        assertThat(ClassCache.of(app).jvmOptions()).contains("-XX:AOTCache=" + file);
    }

    @Test
    void afterABuildItIsMadeAnew() throws IOException {
        Path file = cache(BUILT.plusSeconds(1));
        setTimes(BUILT.plusSeconds(2), jar);

        assertThat(ClassCache.of(app).jvmOptions()).containsExactly("-XX:AOTCacheOutput=" + file);
    }

    @Test
    void eachJvmHasItsOwn() {
        assertThat(ClassCache.of(app).file().getFileName())
                .asString()
                .contains(Runtime.version().toString());
    }
}
