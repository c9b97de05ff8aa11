package dev.crossdev.cli.launch;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.grpc.client.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A service running as a process of ours. It holds the service's standard input open and never writes to it: a service ends
 * when that pipe closes, so it ends with us even when we are killed.
 */
public final class ServiceProcess implements AutoCloseable {

    /** Longer than the services' own drain, so that a kill is the exception. */
    static final Duration GRACE = Duration.ofSeconds(8);

    private static final Duration POLL = Duration.ofMillis(20);

    private final String name;
    private final Process process;
    private final Path log;
    private final ReadyFile ready;

    private ServiceProcess(String name, Process process, Path log, ReadyFile ready) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.ready = ready;
    }

    /** A process that is on its way up. */
    public record Starting(String name, Process process, Path log, Path readyFile, long startNanos) {

        /** Waits until the service is ready, and ends it when that takes too long. */
        public ServiceProcess await(Duration timeout) {
            try {
                while (System.nanoTime() - startNanos < timeout.toNanos()) {
                    Optional<ReadyFile> ready = ReadyFile.read(readyFile);
                    if (ready.isPresent()) {
                        return new ServiceProcess(name, process, log, ready.get());
                    }
                    if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                        throw new CommandFailure(
                                ExitCode.UNREACHABLE,
                                name + " ended with code " + process.exitValue() + " before it was ready:\n"
                                        + tail(log));
                    }
                }
                throw new CommandFailure(
                        ExitCode.UNREACHABLE,
                        name + " was not ready after " + timeout.toSeconds() + " s:\n" + tail(log));
            } catch (IOException e) {
                throw new CommandFailure(ExitCode.UNREACHABLE, name + ": cannot read " + readyFile, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandFailure(ExitCode.UNREACHABLE, name + ": interrupted while starting", e);
            }
        }

        public void kill() {
            process.destroyForcibly();
        }
    }

    /**
     * Starts a service.
     *
     * @param runFolder where its ready file and log go
     * @param settings Quarkus and crossdev settings, by name
     */
    public static Starting start(
            String name, Path quarkusApp, Path runFolder, List<String> jvmOptions, List<String> settings) {
        Path readyFile = runFolder.resolve(name + ".ready.json");
        Path log = runFolder.resolve(name + ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-Dcrossdev.ready-file=" + readyFile);
        command.add("-Dcrossdev.exit-on-stdin-close=true");
        settings.forEach(setting -> command.add("-D" + setting));
        command.add("-jar");
        command.add(quarkusApp.resolve("quarkus-run.jar").toString());
        try {
            Files.deleteIfExists(readyFile);
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new Starting(name, process, log, readyFile, System.nanoTime());
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.UNREACHABLE, name + ": cannot start: " + e.getMessage(), e);
        }
    }

    public String name() {
        return name;
    }

    public ReadyFile ready() {
        return ready;
    }

    /** Where its gRPC door is. */
    public HostPort address() {
        return new HostPort("127.0.0.1", ready.grpcPort());
    }

    /** Where its health and metrics are. */
    public HostPort management() {
        return new HostPort("127.0.0.1", ready.managementPort());
    }

    public Path log() {
        return log;
    }

    public Process process() {
        return process;
    }

    /** Asks the service to end by closing its pipe, and kills it when it does not. */
    @Override
    public void close() {
        close(GRACE);
    }

    void close(Duration grace) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The pipe is gone because the process is.
        }
        boolean interrupted = false;
        try {
            if (process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        process.destroyForcibly();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }
}
