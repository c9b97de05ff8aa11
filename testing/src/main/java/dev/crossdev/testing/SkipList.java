package dev.crossdev.testing;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Makes a skipped test heard: one line on the stream, and the same line in {@code skips.txt}, so that a build can list
 * all skips at its end. Lines are only ever added; who wants one run's list removes the file (or cleans) before it.
 */
final class SkipList {
    private final Path folder;
    private final PrintStream stream;

    SkipList(Path folder, PrintStream stream) {
        this.folder = folder;
        this.stream = stream;
    }

    void add(String reason) {
        String line = "SKIPPED: " + reason;
        stream.println(line);
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    folder.resolve("skips.txt"),
                    line + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
