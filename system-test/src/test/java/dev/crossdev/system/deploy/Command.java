package dev.crossdev.system.deploy;

import dev.crossdev.system.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of the machine, run to its end in the checkout. */
final class Command {

    private Command() {}

    /** Its standard output. A program that fails, or takes longer than {@code patience}, fails the test. */
    static String run(Duration patience, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile(Path.of("target"), "command-", ".out");
        Path err = Files.createTempFile(Path.of("target"), "command-", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Checkout.HOME.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " still runs after " + patience + ":\n" + text(out) + text(err));
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(
                        command + " ended with " + process.exitValue() + ":\n" + text(out) + text(err));
            }
            return text(out);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** What a program complains of may be in any encoding. */
    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
