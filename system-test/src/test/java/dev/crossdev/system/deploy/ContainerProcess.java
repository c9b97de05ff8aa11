package dev.crossdev.system.deploy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.system.Checkout;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A container without a container: its image's entry point, its own arguments and environment, and its own ports. What it
 * calls all addresses and loopback is one address of 127.0.0.0/8 that nobody else uses, so the ports are free; other pods
 * have others.
 */
final class ContainerProcess implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ENTRYPOINT = "ENTRYPOINT ";

    private final Process process;
    private final Path folder;

    private ContainerProcess(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /**
     * Starts it in a pod of this name.
     *
     * @param names what the names of Services and pods mean: an address, or several, parted by commas
     * @param volumes folders that are there already, by the names of volumes; the others are made, and empty
     */
    static ContainerProcess start(
            Container container, String pod, String address, Map<String, String> names, Map<String, Path> volumes)
            throws IOException {
        Path folder = Files.createTempDirectory("crossdev-container-");
        Map<String, String> elsewhere = new HashMap<>();
        for (VolumeMount mount : container.getVolumeMounts()) {
            Path there = volumes.get(mount.getName());
            elsewhere.put(
                    mount.getMountPath(),
                    (there == null ? Files.createDirectory(folder.resolve(mount.getName())) : there).toString());
        }
        elsewhere.put("/app/quarkus-run.jar", file(container.getName() + "/target/quarkus-app/quarkus-run.jar"));
        elsewhere.put("/app/crossdev.jar", file("cli/target/crossdev.jar"));
        elsewhere.put("/app/clips", file("clips"));
        elsewhere.put("0.0.0.0", address);
        elsewhere.put("127.0.0.1", address);
        names.forEach((name, there) -> elsewhere.put(name + ":", there + ":"));

        List<String> command = new ArrayList<>();
        if (container.getCommand().isEmpty()) {
            entryPoint(container.getName()).forEach(word -> command.add(moved(word, elsewhere)));
            // Surefire's own JDK is the one that the build was made for.
            command.set(
                    0,
                    Path.of(System.getProperty("java.home"), "bin", command.getFirst())
                            .toString());
        } else {
            // Somebody else's program, which this machine has, too.
            command.addAll(container.getCommand());
        }
        container.getArgs().forEach(word -> command.add(moved(word, elsewhere)));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        PodEnvironment.of(container, pod)
                .forEach((name, value) -> builder.environment().put(name, moved(value, elsewhere)));
        // Debian's etcd says of arm64 that it is not supported, unless it is told so.
        builder.environment().put("ETCD_UNSUPPORTED_ARCH", "arm64");
        return new ContainerProcess(builder.start(), folder);
    }

    private static String file(String path) {
        return Checkout.HOME.resolve(path).toString();
    }

    private static List<String> entryPoint(String name) throws IOException {
        try (Stream<String> lines = Files.lines(Manifests.DEPLOY.resolve("images/" + name + ".Containerfile"))) {
            String json = lines.filter(line -> line.startsWith(ENTRYPOINT))
                    .findFirst()
                    .orElseThrow()
                    .substring(ENTRYPOINT.length());
            return List.of(JSON.readValue(json, String[].class));
        }
    }

    /** In one pass: what is put in may look like what is taken out. */
    private static String moved(String text, Map<String, String> elsewhere) {
        Pattern any =
                Pattern.compile(elsewhere.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")));
        return any.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(elsewhere.getOrDefault(match.group(), "")));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    /** SIGTERM; whether it has ended within that time. */
    boolean terminate(long seconds) throws InterruptedException {
        process.destroy();
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
