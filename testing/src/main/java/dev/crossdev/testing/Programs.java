package dev.crossdev.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The programs a machine offers and those it promises to offer. */
public final class Programs {
    private static final Pattern PATH_SEPARATOR = Pattern.compile(Pattern.quote(File.pathSeparator));
    private static final Pattern COMMA = Pattern.compile(",");

    private final Map<String, String> environment;

    /**
     * @param environment the variables {@code PATH} and {@code CROSSDEV_REQUIRE}; either may be missing
     */
    public Programs(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** The programs of the machine this process runs on. */
    public static Programs ofThisMachine() {
        return new Programs(System.getenv());
    }

    /** Where {@code PATH} finds an executable file of that name. */
    public Optional<Path> find(String name) {
        return PATH_SEPARATOR
                .splitAsStream(environment.getOrDefault("PATH", ""))
                .filter(folder -> !folder.isBlank())
                .flatMap(folder -> resolve(folder, name).stream())
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /** Whether {@code CROSSDEV_REQUIRE} says that the program must be there. */
    public boolean isPromised(String name) {
        return COMMA.splitAsStream(environment.getOrDefault("CROSSDEV_REQUIRE", ""))
                .anyMatch(promised -> promised.strip().equals(name));
    }

    private static Optional<Path> resolve(String folder, String name) {
        try {
            return Optional.of(Path.of(folder, name));
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }
}
