package dev.crossdev.service.life;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which one run of a service keeps what has a name: its socket and its ready file. It is removed at the
 * end; one whose service died is known by its lock, which went with the process, and taken away by the next that starts.
 *
 * <p>Only this user can look into it (mode 0700): whoever can connect to the socket can ask for guest memory.
 */
public final class RunFolder implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunFolder.class);
    private static final String PREFIX = "run-";
    private static final String LOCK = "lock";
    private static final FileAttribute<Set<PosixFilePermission>> ONLY_OURS =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path path;
    private final FileChannel channel;

    private RunFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Where run folders go when nothing is said: {@code crossdev-<uid>}, so that users do not meet.
     *
     * @throws ErrnoException EACCES when somebody else has made it
     */
    public static Path defaultBase() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        Path parent = runtime != null && Files.isWritable(Path.of(runtime))
                ? Path.of(runtime)
                : Path.of(System.getProperty("java.io.tmpdir"));
        return privateBase(parent.resolve("crossdev-" + ownUid()));
    }

    /** The folder for temporary files is everybody's: another user may have been there first. */
    static Path privateBase(Path base) {
        try {
            if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(base, ONLY_OURS);
            }
            int owner = (Integer) Files.getAttribute(base, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            if (Files.isSymbolicLink(base) || owner != ownUid()) {
                throw new ErrnoException(Errno.EACCES, base + " does not belong to this user");
            }
            return base;
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for runs at " + base, e);
        }
    }

    /**
     * Sweeps dead runs out of {@code base} and makes a folder for this one.
     *
     * @param base made when it is not there; one that was chosen may be shared, as a pod's volume is
     * @param name of the service, part of the folder's name
     * @throws UncheckedIOException when the folder cannot be made
     */
    public static RunFolder open(Path base, String name) {
        try {
            Files.createDirectories(base);
            sweep(base);
            // Locked before it gets the name that a sweep looks for; the lock moves along with the file.
            String unique = UUID.randomUUID().toString().substring(0, 8);
            Path unnamed = Files.createDirectory(base.resolve(".new-" + unique), ONLY_OURS);
            FileChannel channel =
                    FileChannel.open(unnamed.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            // Released by closing the channel.
            Objects.requireNonNull(channel.tryLock());
            Path path =
                    base.resolve(PREFIX + name + "-" + ProcessHandle.current().pid() + "-" + unique);
            Files.move(unnamed, path, StandardCopyOption.ATOMIC_MOVE);
            return new RunFolder(path, channel);
        } catch (IOException e) {
            throw new UncheckedIOException("no run folder in " + base, e);
        }
    }

    public Path path() {
        return path;
    }

    /** Removes the folder with all that is in it. Closing twice does nothing. */
    @Override
    public void close() {
        if (channel.isOpen()) {
            try (channel) {
                delete(path);
            } catch (IOException e) {
                LOG.warnf("run folder %s stays behind: %s", path, e);
            }
        }
    }

    private static void sweep(Path base) throws IOException {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(base, PREFIX + "*")) {
            for (Path run : runs) {
                takeAwayIfDead(run);
            }
        }
    }

    private static void takeAwayIfDead(Path run) {
        try (FileChannel channel = FileChannel.open(run.resolve(LOCK), StandardOpenOption.WRITE)) {
            FileLock lock = tryLock(channel);
            if (lock != null) {
                delete(run);
                LOG.infof("took away %s, whose service is gone", run);
            }
        } catch (IOException e) {
            LOG.debugf("left %s alone: %s", run, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    /** Flat on purpose: nothing makes folders in a run folder, and a sweep must not wander. */
    private static void delete(Path folder) throws IOException {
        List<Path> files;
        try (var listing = Files.list(folder)) {
            files = listing.filter(file -> !file.endsWith(LOCK)).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        // Last, so that a folder half taken away is still recognised.
        Files.deleteIfExists(folder.resolve(LOCK));
        Files.deleteIfExists(folder);
    }

    private static int ownUid() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
