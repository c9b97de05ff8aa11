package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;

/**
 * Passes memory between processes over a Unix stream socket, the way real dma-bufs travel: as file descriptors
 * (SCM_RIGHTS). A {@link MemoryToken} that was said elsewhere, in a gRPC message, says which.
 *
 * <p>Requests, 24 bytes, and replies, 16 bytes, integers little-endian; one reply for each request, in order:
 * <pre>
 * request   0  u32     0x31464458, "XDF1"
 *           4  u32     1 PUT, 2 GET
 *           8  u8[16]  token
 *           with a PUT: exactly one descriptor, on any byte of the request
 * reply     0  u32     0x31464458
 *           4  u32     0 OK, else an errno
 *           8  u64     GET that is OK: bytes of the memory; else 0
 *           with a GET that is OK: one descriptor, on the first byte
 * </pre>
 *
 * <p>PUT hands the peer's memory to this process, under a token that the peer chose at random: EINVAL when it is not a
 * sealed memfd, EEXIST when the token is in use, EMFILE when too many are unclaimed. It must be {@linkplain #take taken}
 * while the connection lasts and within {@link DescriptorLimits#claimWithin}. GET asks for what this process
 * {@linkplain #publish published}: ENOENT when there is no such token, or it was withdrawn. Anything else is answered with
 * EPROTO and the connection is closed. A peer that is not of our user, nor root, is told EACCES and closed; one too many
 * EMFILE.
 *
 * <p>One platform daemon thread serves all connections and waits for none of them: a peer that sends rubbish, stalls or
 * dies costs its own connection.
 */
public final class DescriptorServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DescriptorServer.class.getName());
    private static final int TICK_MILLIS = 100;
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final Path path;
    private final DescriptorLimits limits;
    private final LongPredicate allowedUid;
    private final ListeningSocket listening;
    private final int wakeUp;
    private final Map<MemoryToken, SharedMemory> published = new ConcurrentHashMap<>();
    private final UnclaimedMemory unclaimed;
    /** Of the serving thread alone. */
    private final Map<Integer, DescriptorConnection> connections = new HashMap<>();

    private final Thread thread;
    private volatile boolean closing;
    private volatile int connected;

    private DescriptorServer(
            Path path, DescriptorLimits limits, LongPredicate allowedUid, ListeningSocket listening, int wakeUp) {
        this.path = path;
        this.limits = limits;
        this.allowedUid = allowedUid;
        this.unclaimed = new UnclaimedMemory(limits);
        this.listening = listening;
        this.wakeUp = wakeUp;
        this.thread = Thread.ofPlatform().daemon().name("crossdev-descriptors").unstarted(this::serve);
    }

    /**
     * Listens at a path whose folder exists. A socket there that nobody listens on is replaced; the file is readable and
     * writable by its owner alone and goes when this is closed.
     *
     * @throws ErrnoException EINVAL when the path has more than 107 bytes; EADDRINUSE when somebody listens there; EEXIST
     *     when it is no socket; ENOENT without its folder; EACCES
     */
    public static DescriptorServer listen(Path path) {
        return listen(path, DescriptorLimits.DEFAULT);
    }

    /** As {@link #listen(Path)}, with limits of the caller's. */
    public static DescriptorServer listen(Path path, DescriptorLimits limits) {
        long own = SocketCalls.ownUid();
        return start(path, limits, uid -> uid == own || uid == 0);
    }

    static DescriptorServer start(Path path, DescriptorLimits limits, LongPredicate allowedUid) {
        int wakeUp = SocketCalls.wakeUp();
        try {
            DescriptorServer server = new DescriptorServer(path, limits, allowedUid, ListeningSocket.at(path), wakeUp);
            server.thread.start();
            return server;
        } catch (Throwable e) {
            Libc.close(wakeUp);
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    /**
     * Lets peers GET this memory. It stays the caller's; closing it withdraws it as well. Publishing it again gives
     * another token.
     */
    public MemoryToken publish(SharedMemory memory) {
        MemoryToken token = MemoryToken.random();
        published.put(token, memory);
        return token;
    }

    /** No peer gets it from now on; those that have it keep it. False when it was not published. */
    public boolean withdraw(MemoryToken token) {
        return published.remove(token) != null;
    }

    /**
     * Takes what a peer PUT, the caller's from here on. Each token once.
     *
     * @throws ErrnoException ENOMEM when the memory was not allocated in full and there is no room to do so
     */
    public Optional<SharedMemory> take(MemoryToken token) {
        return unclaimed.claim(token).map(descriptor -> SharedMemory.receive(descriptor, 1));
    }

    /** Memories that peers PUT and nobody took yet. */
    public int unclaimed() {
        return unclaimed.size();
    }

    /** Memories that peers can GET. */
    public int published() {
        return published.size();
    }

    /** Connections open now. */
    public int connections() {
        return connected;
    }

    /** Ends all connections and removes the socket's file. What was published stays its owner's. */
    @Override
    public void close() {
        synchronized (this) {
            if (closing) {
                return;
            }
            closing = true;
            SocketCalls.wake(wakeUp);
        }
        try {
            if (!thread.join(CLOSE_WITHIN)) {
                LOG.log(System.Logger.Level.WARNING, "the thread of {0} did not end", path);
            }
        } catch (InterruptedException _) {
            // It ends all the same.
            Thread.currentThread().interrupt();
        }
        published.clear();
    }

    private void serve() {
        boolean acceptRests = false;
        try {
            while (!closing) {
                acceptRests = !round(acceptRests);
            }
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "passing descriptors on " + path + " ended", e);
        } finally {
            synchronized (this) {
                // From here on nobody uses the wake-up.
                closing = true;
            }
            connections.values().forEach(DescriptorConnection::close);
            connections.clear();
            connected = 0;
            unclaimed.dropAll();
            listening.close();
            Libc.close(wakeUp);
        }
    }

    /** Waits once and serves what is ready. Returns false when accepting failed and should rest for a tick. */
    private boolean round(boolean acceptRests) {
        List<DescriptorConnection> now = new ArrayList<>(connections.values());
        int[] descriptors = new int[now.size() + 2];
        descriptors[0] = wakeUp;
        // poll(2) ignores negative descriptors.
        descriptors[1] = acceptRests ? -1 : listening.socket();
        boolean midMessage = false;
        for (int i = 0; i < now.size(); i++) {
            descriptors[i + 2] = now.get(i).socket();
            midMessage |= now.get(i).midMessage();
        }
        boolean tick = acceptRests || midMessage || unclaimed.size() > 0;
        boolean[] ready = SocketCalls.poll(descriptors, tick ? TICK_MILLIS : -1);
        for (int i = 0; i < now.size(); i++) {
            DescriptorConnection connection = now.get(i);
            if (ready[i + 2]) {
                serve(connection);
            }
            if (connection.stalled()) {
                connection.close();
            }
            if (!connection.open()) {
                connections.remove(connection.socket());
                unclaimed.dropFrom(connection);
            }
        }
        unclaimed.dropOverdue();
        boolean accepted = !ready[1] || accept();
        connected = connections.size();
        return accepted;
    }

    private void serve(DescriptorConnection connection) {
        try {
            connection.read().ifPresent(message -> answer(connection, message));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a connection on " + path + " failed", e);
            connection.close();
        }
    }

    private boolean accept() {
        int socket = SocketCalls.accept(listening.socket());
        if (socket < 0) {
            // Out of descriptors, most likely: poll would say ready again at once.
            return false;
        }
        DescriptorConnection connection = new DescriptorConnection(socket, limits.stall());
        Optional<Errno> refusal = refusal(socket);
        refusal.ifPresent(errno -> {
            refuse(connection, errno);
            connection.close();
        });
        if (refusal.isEmpty()) {
            connections.put(socket, connection);
        }
        return true;
    }

    private Optional<Errno> refusal(int socket) {
        long uid = SocketCalls.peerUid(socket);
        if (uid < 0 || !allowedUid.test(uid)) {
            return Optional.of(Errno.EACCES);
        }
        return connections.size() >= limits.connections() ? Optional.of(Errno.EMFILE) : Optional.empty();
    }

    private void answer(DescriptorConnection connection, DescriptorConnection.Message message) {
        List<Integer> descriptors = new ArrayList<>(message.descriptors());
        try {
            DescriptorProtocol.Request request = DescriptorProtocol.decodeRequest(message.bytes());
            int expected = switch (request.operation()) {
                case PUT -> 1;
                case GET -> 0;
            };
            if (descriptors.size() != expected) {
                throw new ErrnoException(Errno.EPROTO, descriptors.size() + " descriptors with " + request);
            }
            switch (request.operation()) {
                case PUT -> put(connection, request.token(), descriptors);
                case GET -> get(connection, request.token());
            }
        } catch (ErrnoException e) {
            refuse(connection, e.errno());
            if (e.errno() == Errno.EPROTO) {
                connection.close();
            }
        } finally {
            descriptors.forEach(Libc::close);
        }
    }

    /** Empties the list when the descriptor found a place. */
    private void put(DescriptorConnection connection, MemoryToken token, List<Integer> descriptors) {
        int descriptor = descriptors.getFirst();
        Memfd.requireSafe(descriptor);
        Optional<Errno> refusal = unclaimed.keep(token, descriptor, connection);
        if (refusal.isPresent()) {
            refuse(connection, refusal.get());
            return;
        }
        descriptors.clear();
        connection.reply(new DescriptorProtocol.Reply(0, 0), -1);
    }

    private void get(DescriptorConnection connection, MemoryToken token) {
        Optional<SharedMemory.Hold> held =
                Optional.ofNullable(published.get(token)).flatMap(SharedMemory::tryHold);
        if (held.isEmpty()) {
            // Closed and not withdrawn, perhaps.
            published.remove(token);
            refuse(connection, Errno.ENOENT);
            return;
        }
        try (SharedMemory.Hold hold = held.get()) {
            connection.reply(new DescriptorProtocol.Reply(0, hold.size()), hold.descriptor());
        }
    }

    private static void refuse(DescriptorConnection connection, Errno errno) {
        connection.reply(new DescriptorProtocol.Reply(errno.number(), 0), -1);
    }
}
