package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.grpc.client.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One service out of its package, as a process of its own, with settings of a test's. */
final class PackagedService implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final Path folder;
    private final Process process;

    private PackagedService(String name, Path folder, Process process) {
        this.name = name;
        this.folder = folder;
        this.process = process;
    }

    /**
     * Starts it, on free ports unless the settings say others.
     *
     * @param folder of its own, for its run folder, its ready file and its log
     */
    static PackagedService start(String name, Path folder, Map<String, String> settings) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=64m"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        command.add("-Dquarkus.http.port=0");
        command.add("-Dquarkus.management.port=0");
        command.add("-Dcrossdev.exit-on-stdin-close=true");
        command.add("-Dcrossdev.run-folder=" + folder.resolve("run"));
        command.add("-Dcrossdev.ready-file=" + folder.resolve("ready.json"));
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.add("-jar");
        command.add(Checkout.HOME
                .resolve(name)
                .resolve("target/quarkus-app/quarkus-run.jar")
                .toString());
        try {
            Files.createDirectories(folder);
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            return new PackagedService(name, folder, process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it says that it is ready. */
    PackagedService awaitReady() {
        await(name).atMost(START).until(() -> Files.exists(folder.resolve("ready.json")) || !process.isAlive());
        assertThat(process.isAlive()).as(this::log).isTrue();
        return this;
    }

    /** Where gRPC and the console are. */
    HostPort address() {
        return new HostPort("127.0.0.1", ready().get("grpcPort").asInt());
    }

    /** Where health and metrics are. */
    HostPort management() {
        return new HostPort("127.0.0.1", ready().get("managementPort").asInt());
    }

    /** Where its run folders are made. */
    Path runFolders() {
        return folder.resolve("run");
    }

    /** Ends the pipe through which it sees that its launcher lives. */
    void closePipe() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Process process() {
        return process;
    }

    /** All that it has said. */
    String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its exit code, when it ends by itself. */
    int awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS))
                .as(this::log)
                .isTrue();
        return process.exitValue();
    }

    private JsonNode ready() {
        try {
            return JSON.readTree(folder.resolve("ready.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
