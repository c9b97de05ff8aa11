package dev.crossdev.system;

import dev.crossdev.grpc.client.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The checkout that is being tested, and its command as a user would run it. */
public final class Checkout {

    /** Surefire runs a module's tests in the module's folder. */
    public static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    public static final Path CLIP = HOME.resolve("clips").resolve("demo.mp4");

    private static final String COMMAND = HOME.resolve("crossdev").toString();

    private static final Pattern METERS = Pattern.compile("meters at http://(\\S+)/q/metrics");

    private Checkout() {}

    /** A command that has ended. */
    public record Ended(int exitCode, String output, Duration took) {}

    /** A command that runs. */
    public record Command(Process process, Path log, long startNanos) {

        /** Waits for its end; longer than {@code patience} fails. */
        public Ended await(Duration patience) {
            try {
                if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                    throw new AssertionError("still running after " + patience + ":\n" + output());
                }
                return new Ended(process.exitValue(), output(), Duration.ofNanos(System.nanoTime() - startNanos));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        public String output() {
            try {
                return Files.readString(log);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Where it serves its meters, once it has said so. */
        Optional<HostPort> meters() {
            Matcher matcher = METERS.matcher(output());
            return matcher.find() ? Optional.of(HostPort.parse(matcher.group(1))) : Optional.empty();
        }

        /** The services that the command has started, by the jar that they run. */
        List<ProcessHandle> services() {
            return process.descendants()
                    .filter(child -> child.info()
                            .commandLine()
                            .filter(line -> line.contains("quarkus-run.jar"))
                            .isPresent())
                    .toList();
        }

        /** Ctrl-C. */
        void interrupt() {
            try {
                new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .inheritIO()
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Starts {@code ./crossdev --no-build} with arguments. */
    public static Command crossdev(String... arguments) {
        return start(Stream.concat(Stream.of(COMMAND, "--no-build"), Stream.of(arguments))
                .toList());
    }

    /** The same at a terminal of its own, 40 rows of 160 columns; needs the program {@code script}. */
    static Command crossdevAtTerminal(String... arguments) {
        return start(List.of(
                "script",
                "-qec",
                "export TERM=xterm; stty rows 40 cols 160; " + COMMAND + " --no-build " + String.join(" ", arguments),
                "/dev/null"));
    }

    private static Command start(List<String> command) {
        try {
            Path log = Files.createTempFile(Path.of("target"), "crossdev-", ".log");
            return new Command(
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start(),
                    log,
                    System.nanoTime());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
