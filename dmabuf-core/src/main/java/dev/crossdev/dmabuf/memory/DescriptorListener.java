package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Listens at a path for {@link DescriptorStream}s: peers of our user, or root. The file is readable and writable by its owner
 * alone and goes when this is closed.
 */
public final class DescriptorListener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DescriptorListener.class.getName());

    /** Before accepting again after it failed: out of descriptors, most likely. */
    private static final int REST_MILLIS = 100;

    private final Path path;
    private final Duration stall;
    private final ListeningSocket listening;
    private final int wakeUp;
    private final long own = SocketCalls.ownUid();
    private volatile boolean over;
    private boolean closed;

    private DescriptorListener(Path path, Duration stall, ListeningSocket listening) {
        this.path = path;
        this.stall = stall;
        this.listening = listening;
        this.wakeUp = SocketCalls.wakeUp();
    }

    /**
     * Listens.
     *
     * @param stall how long a message of a connection may take, either way
     * @throws ErrnoException EINVAL when the path has more than 107 bytes; EADDRINUSE when somebody listens there; EEXIST
     *     when it is no socket; ENOENT without its folder; EACCES
     */
    public static DescriptorListener listen(Path path, Duration stall) {
        return new DescriptorListener(path, stall, ListeningSocket.at(path));
    }

    public Path path() {
        return path;
    }

    /** Waits for the next connection, on a platform thread; empty when {@link #hangUp} was called. */
    public Optional<DescriptorStream> accept() {
        while (!over) {
            if (!SocketCalls.poll(new int[] {listening.socket(), wakeUp}, -1)[0]) {
                continue;
            }
            int socket = SocketCalls.accept(listening.socket());
            if (socket < 0) {
                SocketCalls.poll(new int[] {wakeUp}, REST_MILLIS);
                continue;
            }
            long uid = SocketCalls.peerUid(socket);
            if (uid != own && uid != 0) {
                LOG.log(System.Logger.Level.WARNING, "refused a peer of user {0} on {1}", uid, path);
                Libc.close(socket);
                continue;
            }
            return Optional.of(new DescriptorStream(socket, stall));
        }
        return Optional.empty();
    }

    /** {@link #accept} ends; from any thread. */
    public synchronized void hangUp() {
        over = true;
        if (!closed) {
            SocketCalls.wake(wakeUp);
        }
    }

    /** To be called by the accepting thread, or when there is none. */
    @Override
    public synchronized void close() {
        over = true;
        if (!closed) {
            closed = true;
            listening.close();
            Libc.close(wakeUp);
        }
    }
}
