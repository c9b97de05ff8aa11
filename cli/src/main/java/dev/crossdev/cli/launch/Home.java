package dev.crossdev.cli.launch;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where this crossdev's own files are. */
public final class Home {

    private Home() {}

    /** The checkout, told by the launcher script. */
    public static Path folder() {
        Path home = Path.of(System.getProperty("crossdev.home", "."))
                .toAbsolutePath()
                .normalize();
        if (!Files.isDirectory(home.resolve("gpu-service"))) {
            throw new CommandFailure(ExitCode.USAGE, home + " is not a crossdev checkout: run ./crossdev from there");
        }
        return home;
    }
}
