package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** A Unix stream socket that listens at a path, and the file at that path. */
final class ListeningSocket {
    private static final int BACKLOG = 64;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFSOCK = 0xc000;

    private final int socket;
    private final Path path;
    private final Object file;

    private ListeningSocket(int socket, Path path, Object file) {
        this.socket = socket;
        this.path = path;
        this.file = file;
    }

    /**
     * Listens at the path, readable and writable by its owner alone; replaces a socket that nobody listens on.
     *
     * @throws ErrnoException EADDRINUSE when somebody does; EEXIST when the path is no socket; ENOENT without its folder;
     *     EINVAL for a path that is too long
     */
    static ListeningSocket at(Path path) {
        SocketCalls.requireFits(path);
        int socket = SocketCalls.socket();
        try {
            int bound = SocketCalls.bind(socket, path);
            if (bound == -Errno.EADDRINUSE.number()) {
                removeStale(path);
                bound = SocketCalls.bind(socket, path);
            }
            Libc.check(bound, "binding " + path);
            // Nobody can connect before listen, so there is no moment with wider permissions.
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            Libc.check(SocketCalls.listen(socket, BACKLOG), "listening on " + path);
            return new ListeningSocket(socket, path, identity(path));
        } catch (IOException e) {
            Libc.close(socket);
            throw new ErrnoException(Errno.EIO, "preparing " + path + ": " + e, e);
        } catch (Throwable e) {
            Libc.close(socket);
            throw e;
        }
    }

    int socket() {
        return socket;
    }

    /** Stops listening and removes the file, unless another has taken its place. */
    void close() {
        try {
            if (identity(path).equals(file)) {
                Files.deleteIfExists(path);
            }
        } catch (IOException _) {
            // Gone already: as it should be.
        }
        Libc.close(socket);
    }

    private static void removeStale(Path path) {
        try {
            boolean socketFile = attributes(path).get("mode") instanceof Integer mode && (mode & S_IFMT) == S_IFSOCK;
            if (!socketFile) {
                throw new ErrnoException(Errno.EEXIST, path + " exists and is no socket");
            }
            int probe = SocketCalls.socket();
            int connected = SocketCalls.connect(probe, path);
            Libc.close(probe);
            if (connected != -Errno.ECONNREFUSED.number()) {
                throw new ErrnoException(Errno.EADDRINUSE, "somebody listens on " + path);
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new ErrnoException(Errno.EADDRINUSE, "looking at " + path + ": " + e, e);
        }
    }

    private static Object identity(Path path) throws IOException {
        Map<String, Object> attributes = attributes(path);
        return attributes.get("dev") + ":" + attributes.get("ino");
    }

    private static Map<String, Object> attributes(Path path) throws IOException {
        return Files.readAttributes(path, "unix:mode,dev,ino", LinkOption.NOFOLLOW_LINKS);
    }
}
