package dev.crossdev.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProgramConditionTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @Test
    void aProgramOnThePathEnablesTheTest() throws Exception {
        Files.createFile(
                folder.resolve("player"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));

        assertThat(condition("/nowhere:" + folder, "")
                        .evaluate("T.t", needs(One.class))
                        .isDisabled())
                .isFalse();
        assertThat(printed.size()).isZero();
        assertThat(folder.resolve("target/skips.txt")).doesNotExist();
    }

    @Test
    void aFileThatCannotBeExecutedIsNoProgram() throws Exception {
        Files.createFile(folder.resolve("player"));

        assertThat(condition(folder.toString(), "")
                        .evaluate("T.t", needs(One.class))
                        .isDisabled())
                .isTrue();
    }

    @Test
    void aMissingProgramSkipsWithOneLoudLineThatIsKept() {
        ProgramCondition condition = condition(folder.toString(), "another");

        assertThat(condition.evaluate("T.t", needs(One.class)).isDisabled()).isTrue();
        assertThat(condition.evaluate("T.u", needs(Two.class)).isDisabled()).isTrue();

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("""
                        SKIPPED: T.t needs the program 'player' (Debian package media-player)
                        SKIPPED: T.u needs the program 'recorder' (Debian package recorder)
                        """);
        assertThat(folder.resolve("target/skips.txt")).hasContent(printed.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aMissingProgramThatWasPromisedFailsTheTest() {
        ProgramCondition condition = condition(folder.toString(), "another, player");

        assertThatThrownBy(() -> condition.evaluate("T.t", needs(One.class)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CROSSDEV_REQUIRE=player")
                .hasMessageContaining("media-player");
        assertThat(folder.resolve("target/skips.txt")).doesNotExist();
    }

    private ProgramCondition condition(String path, String require) {
        return new ProgramCondition(
                new Programs(Map.of("PATH", path, "CROSSDEV_REQUIRE", require)),
                new SkipList(folder.resolve("target"), new PrintStream(printed, true, StandardCharsets.UTF_8)));
    }

    private static List<RequiresProgram> needs(Class<?> type) {
        return Arrays.asList(type.getAnnotationsByType(RequiresProgram.class));
    }

    @RequiresProgram(value = "player", debianPackage = "media-player")
    private static final class One {}

    @RequiresProgram("recorder")
    @RequiresProgram("player")
    private static final class Two {}
}
