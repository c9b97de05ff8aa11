package dev.crossdev.system.deploy;

import dev.crossdev.system.Checkout;
import dev.crossdev.testing.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Containers of this machine. */
final class Podman {

    /** A first build cuts a Java runtime and unpacks packages, on a busy machine. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Map<String, String> environment;

    private Podman(Map<String, String> environment) {
        this.environment = environment;
    }

    /** As this machine is set up; where nobody has set it up, with what works inside of other containers too. */
    static Podman ofThisMachine() throws IOException {
        if (System.getenv("CONTAINERS_CONF") != null) {
            return new Podman(Map.of());
        }
        // The default limits are those of the process that started podman, which may have no right to set them again;
        // crun refuses control groups of both versions side by side, runc does not.
        boolean runc = Programs.ofThisMachine().find("runc").isPresent();
        Path settings = Files.writeString(Path.of("target", "containers.conf").toAbsolutePath(), """
                [containers]
                default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
                %s
                """.formatted(
                        runc ? "[engine]\nruntime = \"runc\"" : ""));
        return new Podman(Map.of("CONTAINERS_CONF", settings.toString()));
    }

    /** Builds the images as a user without a registry would. */
    void buildImages() throws IOException, InterruptedException {
        Command.run(
                PATIENCE,
                environment,
                List.of(Checkout.HOME.resolve("deploy/images/build.sh").toString()));
    }

    /** What podman prints. */
    String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("podman"));
        command.addAll(List.of(arguments));
        return Command.run(PATIENCE, environment, command);
    }
}
