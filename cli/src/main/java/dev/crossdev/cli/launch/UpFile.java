package dev.crossdev.cli.launch;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the services of a running {@code ./crossdev up} are, for the commands that are typed in another terminal.
 *
 * @param pid of the command that started them
 * @param gpu HOST:PORT of gpu-service
 * @param video HOST:PORT of video-service
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record UpFile(long pid, String gpu, String video) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = "up-";

    /** Says where they are until the result is closed. */
    public static AutoCloseable announce(Services services) {
        return announce(
                base(),
                new UpFile(
                        ProcessHandle.current().pid(),
                        services.gpu().address().toString(),
                        services.video().address().toString()));
    }

    static AutoCloseable announce(Path base, UpFile content) {
        try {
            if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(
                        base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Path file = base.resolve(PREFIX + content.pid() + ".json");
            // Whoever sees it sees all of it.
            Path draft = Files.createTempFile(base, ".up", null);
            Files.write(draft, JSON.writeValueAsBytes(content));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            return () -> Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot say in " + base + " where the services are", e);
        }
    }

    /** Those that run now. */
    public static List<UpFile> running() {
        return running(base());
    }

    static List<UpFile> running(Path base) {
        List<UpFile> running = new ArrayList<>();
        if (!belongsToUs(base)) {
            return running;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(base, PREFIX + "*.json")) {
            for (Path file : files) {
                read(file).ifPresent(running::add);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return running;
    }

    /** What a command left that was killed is taken away. */
    private static Optional<UpFile> read(Path file) throws IOException {
        try {
            UpFile content = JSON.readValue(Files.readAllBytes(file), UpFile.class);
            if (ProcessHandle.of(content.pid()).filter(ProcessHandle::isAlive).isPresent()) {
                return Optional.of(content);
            }
        } catch (IOException e) {
            // None of ours, or gone since it was listed.
        }
        Files.deleteIfExists(file);
        return Optional.empty();
    }

    /** The folder for temporary files is everybody's: somebody else's word is not to be trusted. */
    private static boolean belongsToUs(Path base) {
        try {
            return Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)
                    && Files.getAttribute(base, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                            .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            return false;
        }
    }

    /** The same folder in which the services make their run folders. */
    private static Path base() {
        try {
            String runtime = System.getenv("XDG_RUNTIME_DIR");
            Path parent = runtime != null && Files.isWritable(Path.of(runtime))
                    ? Path.of(runtime)
                    : Path.of(System.getProperty("java.io.tmpdir"));
            return parent.resolve("crossdev-" + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
