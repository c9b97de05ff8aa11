package dev.crossdev.cli.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a service's JVM loaded and linked in an earlier run (JEP 514): with it, a start takes a third of the time. It is
 * written at the end of a run, which takes seconds, so that it is for who starts the same again and again.
 *
 * @param file the cache, beside the service's jars
 * @param isThere false when this run has to make it
 */
record ClassCache(Path file, boolean isThere) {

    /** How long a JVM that ends may take to write it; usually 10 s, on two cores. */
    static final Duration MAKING = Duration.ofSeconds(90);

    /** For this JVM, and for the service's jars as they are. */
    static ClassCache of(Path quarkusApp) {
        Path file = quarkusApp.resolveSibling("brief-" + Runtime.version() + ".aot");
        return new ClassCache(file, file.toFile().lastModified() > newest(quarkusApp));
    }

    List<String> jvmOptions() {
        return isThere ? List.of("-XX:AOTCache=" + file, "-Xlog:aot=off") : List.of("-XX:AOTCacheOutput=" + file);
    }

    private static long newest(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.mapToLong(each -> each.toFile().lastModified()).max().orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
