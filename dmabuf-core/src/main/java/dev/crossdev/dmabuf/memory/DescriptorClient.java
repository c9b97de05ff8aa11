package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Backoff;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The other end of a {@link DescriptorServer}'s socket. Thread-safe: calls take turns. Each call ends within twice the
 * timeout: once for its turn, once for the exchange itself, which is not given up halfway for an interrupt, because the
 * connection is everybody's. After an exchange that failed halfway the connection is of no use: EPIPE from then on.
 */
public final class DescriptorClient implements AutoCloseable {
    private final Path path;
    private final Duration timeout;
    private final int socket;
    private final ReentrantLock turn = new ReentrantLock();
    private volatile boolean broken;
    /** Whether an interrupt came during an exchange; of whoever has the turn. */
    private boolean interrupted;

    private DescriptorClient(Path path, Duration timeout, int socket) {
        this.path = path;
        this.timeout = timeout;
        this.socket = socket;
    }

    /**
     * Connects.
     *
     * @param timeout for this, and for each call's turn and exchange
     * @throws ErrnoException ENOENT when there is no such file; ECONNREFUSED when nobody listens; EACCES; EINVAL when the
     *     path has more than 107 bytes; ETIMEDOUT; EINTR
     */
    public static DescriptorClient connect(Path path, Duration timeout) {
        SocketCalls.requireFits(path);
        int socket = SocketCalls.socket();
        try {
            Backoff backoff = new Backoff(Deadline.after(timeout));
            int result = SocketCalls.connect(socket, path);
            // EAGAIN: the server's backlog is full.
            while (result == -Errno.EAGAIN.number() || result == -Errno.EINTR.number()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new ErrnoException(Errno.EINTR, "interrupted while connecting to " + path);
                }
                if (!backoff.pause()) {
                    throw new ErrnoException(Errno.ETIMEDOUT, "no connection to " + path + " in time");
                }
                result = SocketCalls.connect(socket, path);
            }
            Libc.check(result, "connecting to " + path);
            return new DescriptorClient(path, timeout, socket);
        } catch (Throwable e) {
            Libc.close(socket);
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    /** Whether calls can still succeed, as far as is known. */
    public boolean isOpen() {
        return !broken;
    }

    /**
     * Hands memory to the server's process, which can take it by the token as long as this connection lasts. The memory
     * stays the caller's as well.
     *
     * @throws ErrnoException EMFILE when the server keeps too many already; EPIPE when the connection is lost; EACCES;
     *     EPROTO; ETIMEDOUT; EINTR
     * @throws IllegalStateException the memory is closed
     */
    public MemoryToken put(SharedMemory memory) {
        MemoryToken token = MemoryToken.random();
        try (SharedMemory.Hold hold = memory.hold()) {
            Answer answer = exchange(
                    new DescriptorProtocol.Request(DescriptorProtocol.Operation.PUT, token), hold.descriptor());
            answer.descriptors().forEach(Libc::close);
            requireOk(answer.reply(), "handing over " + memory);
        }
        return token;
    }

    /**
     * Gets memory that the server published, the caller's from here on.
     *
     * @param minimumSize bytes it must have at least
     * @throws ErrnoException ENOENT when the token is unknown or withdrawn; EINVAL when what came is not sealed, or too
     *     small; the rest as {@link #put}
     */
    public SharedMemory get(MemoryToken token, long minimumSize) {
        Answer answer = exchange(new DescriptorProtocol.Request(DescriptorProtocol.Operation.GET, token), -1);
        List<Integer> descriptors = new ArrayList<>(answer.descriptors());
        try {
            requireOk(answer.reply(), "getting memory " + token);
            if (descriptors.size() != 1) {
                throw new ErrnoException(Errno.EPROTO, descriptors.size() + " descriptors for one memory");
            }
            return SharedMemory.receive(descriptors.removeFirst(), minimumSize);
        } finally {
            descriptors.forEach(Libc::close);
        }
    }

    /** Ends the connection, after the exchange under way if there is one. What was PUT and not taken goes with it. */
    @Override
    public void close() {
        turn.lock();
        try {
            hangUp();
        } finally {
            turn.unlock();
        }
    }

    private record Answer(DescriptorProtocol.Reply reply, List<Integer> descriptors) {}

    private Answer exchange(DescriptorProtocol.Request request, int descriptor) {
        awaitTurn();
        try {
            if (broken) {
                throw lost();
            }
            Backoff backoff = new Backoff(Deadline.after(timeout));
            send(DescriptorProtocol.encode(request), descriptor, backoff);
            return receive(backoff);
        } finally {
            if (interrupted) {
                interrupted = false;
                Thread.currentThread().interrupt();
            }
            turn.unlock();
        }
    }

    private void awaitTurn() {
        try {
            if (!turn.tryLock(Deadline.after(timeout).remainingNanos(), TimeUnit.NANOSECONDS)) {
                throw new ErrnoException(Errno.ETIMEDOUT, "no turn on " + path + " in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted while waiting for a turn on " + path, e);
        }
    }

    private void send(byte[] bytes, int descriptor, Backoff backoff) {
        int sent = 0;
        while (sent < bytes.length) {
            int result = DescriptorMessages.send(socket, bytes, sent, sent == 0 ? descriptor : -1);
            if (result >= 0) {
                sent += result;
            } else if (result == -Errno.EPIPE.number() || result == -Errno.ECONNRESET.number()) {
                // A server that refuses says why before it closes.
                return;
            } else {
                retryOrBreak(result, backoff);
            }
        }
    }

    private Answer receive(Backoff backoff) {
        byte[] bytes = new byte[DescriptorProtocol.REPLY_BYTES];
        List<Integer> descriptors = new ArrayList<>(1);
        int got = 0;
        try {
            while (got < bytes.length) {
                DescriptorMessages.Received received = DescriptorMessages.receive(socket, bytes.length - got);
                descriptors.addAll(received.descriptors());
                if (received.result() > 0) {
                    System.arraycopy(received.bytes(), 0, bytes, got, received.result());
                    got += received.result();
                } else if (received.result() == 0) {
                    throw lost();
                } else {
                    retryOrBreak(received.result(), backoff);
                }
            }
            return new Answer(DescriptorProtocol.decodeReply(bytes), descriptors);
        } catch (ErrnoException e) {
            hangUp();
            descriptors.forEach(Libc::close);
            throw e;
        }
    }

    private void retryOrBreak(int result, Backoff backoff) {
        if (result != -Errno.EAGAIN.number() && result != -Errno.EINTR.number()) {
            hangUp();
            throw lost();
        }
        // The flag is put back after the exchange; with it set, a pause would return at once.
        interrupted |= Thread.interrupted();
        if (!backoff.pause()) {
            hangUp();
            throw new ErrnoException(Errno.ETIMEDOUT, "no answer on " + path + " in time");
        }
    }

    private void requireOk(DescriptorProtocol.Reply reply, String what) {
        if (reply.error() != 0) {
            Errno errno = Errno.of(reply.error());
            throw new ErrnoException(errno, what + " on " + path + ": " + errno);
        }
    }

    private ErrnoException lost() {
        return new ErrnoException(Errno.EPIPE, "the connection to " + path + " is lost");
    }

    /** Holding the turn. */
    private void hangUp() {
        if (!broken) {
            broken = true;
            Libc.close(socket);
        }
    }
}
