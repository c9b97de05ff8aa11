package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection over a Unix stream socket on which bytes and file descriptors travel, for protocols of virtual machine
 * monitors. One thread reads and owns it, any thread writes or {@linkplain #hangUp hangs up}.
 *
 * <p>Reading waits in poll(2): use a platform thread.
 */
public final class DescriptorStream implements AutoCloseable {

    private static final int MAX_DESCRIPTORS = 32;

    /**
     * Bytes and what came with them.
     *
     * @param bytes as many as were asked for
     * @param descriptors the receiver's from here on
     */
    public record Message(byte[] bytes, List<Integer> descriptors) {}

    private final int socket;
    private final Duration stall;
    private final int wakeUp;
    private final Object writing = new Object();
    /** The reading thread's. */
    private final Map<EventDescriptor, Runnable> bells = new LinkedHashMap<>();

    private volatile boolean over;
    /** Guarded by {@code writing}. */
    private boolean closed;

    DescriptorStream(int socket, Duration stall) {
        this.socket = socket;
        this.stall = stall;
        this.wakeUp = SocketCalls.wakeUp();
    }

    /**
     * Connects.
     *
     * @param stall how long a message may take from its first byte to its last, either way
     * @throws ErrnoException ENOENT when there is no such file; ECONNREFUSED when nobody listens; EACCES; EINVAL when the
     *     path has more than 107 bytes
     */
    public static DescriptorStream connect(Path path, Duration stall) {
        SocketCalls.requireFits(path);
        int socket = SocketCalls.socket();
        try {
            Libc.check(SocketCalls.connect(socket, path), "connecting to " + path);
            return new DescriptorStream(socket, stall);
        } catch (Throwable e) {
            Libc.close(socket);
            throw e;
        }
    }

    /**
     * Takes a connected socket that another process gave, and closes it at once when it is none. Reads and writes of it no
     * longer wait, whoever has it.
     *
     * @param stall as with {@link #connect}
     * @throws ErrnoException EINVAL
     */
    public static DescriptorStream adopt(int descriptor, Duration stall) {
        // Of all descriptors, only a connected Unix socket has a peer with credentials.
        if (SocketCalls.peerUid(descriptor) < 0) {
            Libc.close(descriptor);
            throw new ErrnoException(Errno.EINVAL, "descriptor " + descriptor + " is no connected Unix socket");
        }
        SocketCalls.neverWait(descriptor);
        return new DescriptorStream(descriptor, stall);
    }

    /** The number of its descriptor, which stays this object's. */
    public int socket() {
        return socket;
    }

    /** Closes descriptors that came and that nobody took. */
    public static void drop(Collection<Integer> descriptors) {
        descriptors.forEach(Libc::close);
    }

    /**
     * From the next read on, the reader also waits for this, clears it and runs what is given; until it is closed, or nobody
     * can signal it any more. It stays the caller's.
     */
    public void bell(EventDescriptor descriptor, Runnable onRing) {
        bells.put(descriptor, onRing);
    }

    /** The reader no longer waits for this. */
    public void unbell(EventDescriptor descriptor) {
        bells.remove(descriptor);
    }

    /** Whether something can be read without waiting: bytes, or the end. */
    public boolean isReadable() {
        return SocketCalls.poll(new int[] {socket, wakeUp}, 0)[0] || over;
    }

    /**
     * The next bytes. Waits for the first of them as long as it takes, for the others as long as a message may take.
     *
     * @return empty at the end of the stream, or when somebody hung up
     * @throws ErrnoException ECONNRESET when the stream ends within these bytes; ETIMEDOUT; EPROTO for more descriptors
     *     than any message has
     */
    public Optional<Message> read(int length) {
        return read(length, null);
    }

    /** As {@link #read(int)}, of a message that has begun: its end must not be the stream's, and the first byte is late too. */
    public byte[] readRest(int length) {
        Message rest = read(length, Deadline.after(stall)).orElseThrow(() -> ended(0, length));
        if (!rest.descriptors().isEmpty()) {
            drop(rest.descriptors());
            throw new ErrnoException(Errno.EPROTO, "descriptors in the middle of a message");
        }
        return rest.bytes();
    }

    private Optional<Message> read(int length, @Nullable Deadline due) {
        byte[] bytes = new byte[length];
        List<Integer> descriptors = new ArrayList<>();
        Deadline deadline = due;
        int got = 0;
        try {
            while (got < length) {
                if (!awaitReadable(deadline)) {
                    if (got == 0) {
                        return Optional.empty();
                    }
                    throw ended(got, length);
                }
                DescriptorMessages.Received received = DescriptorMessages.receive(socket, length - got);
                if (received.result() == -Errno.EAGAIN.number() || received.result() == -Errno.EINTR.number()) {
                    continue;
                }
                descriptors.addAll(received.descriptors());
                if (received.truncated() || descriptors.size() > MAX_DESCRIPTORS) {
                    throw new ErrnoException(Errno.EPROTO, "more descriptors than a message has");
                }
                if (received.result() <= 0) {
                    if (got == 0 && received.result() == 0) {
                        return Optional.empty();
                    }
                    throw ended(got, length);
                }
                System.arraycopy(received.bytes(), 0, bytes, got, received.result());
                got += received.result();
                if (deadline == null) {
                    deadline = Deadline.after(stall);
                }
            }
            return Optional.of(new Message(bytes, List.copyOf(descriptors)));
        } catch (RuntimeException e) {
            drop(descriptors);
            throw e;
        }
    }

    /** False when somebody hung up. */
    private boolean awaitReadable(@Nullable Deadline deadline) {
        while (!over) {
            int millis = -1;
            if (deadline != null) {
                if (deadline.passed()) {
                    throw new ErrnoException(Errno.ETIMEDOUT, "a message began and did not go on");
                }
                millis = (int) (deadline.remainingNanos() / 1_000_000) + 1;
            }
            List<EventDescriptor> listened = List.copyOf(bells.keySet());
            int[] descriptors = new int[2 + listened.size()];
            descriptors[0] = socket;
            descriptors[1] = wakeUp;
            for (int i = 0; i < listened.size(); i++) {
                descriptors[2 + i] = listened.get(i).descriptor();
            }
            boolean[] ready = SocketCalls.poll(descriptors, millis);
            for (int i = 0; i < listened.size(); i++) {
                if (ready[2 + i]) {
                    ring(listened.get(i));
                }
            }
            if (ready[0]) {
                return !over;
            }
        }
        return false;
    }

    private void ring(EventDescriptor rung) {
        Runnable listener = bells.get(rung);
        if (listener == null) {
            return;
        }
        if (rung.clear()) {
            listener.run();
        } else {
            bells.remove(rung);
        }
    }

    /**
     * Sends bytes, and with the first of them descriptors, which stay the caller's. Waits while the peer does not read.
     *
     * @throws ErrnoException EPIPE when the peer is gone; ETIMEDOUT when it does not read
     */
    public void write(byte[] bytes, int... descriptors) {
        synchronized (writing) {
            Deadline deadline = Deadline.after(stall);
            int sent = 0;
            while (sent < bytes.length) {
                if (closed || over) {
                    throw new ErrnoException(Errno.EPIPE, "the connection is closed");
                }
                int result = DescriptorMessages.send(socket, bytes, sent, sent == 0 ? descriptors : new int[0]);
                if (result >= 0) {
                    sent += result;
                } else if (result == -Errno.EAGAIN.number()) {
                    if (deadline.passed()) {
                        throw new ErrnoException(Errno.ETIMEDOUT, "the peer does not read");
                    }
                    SocketCalls.pollWritable(socket, (int) (deadline.remainingNanos() / 1_000_000) + 1);
                } else if (result != -Errno.EINTR.number()) {
                    throw new ErrnoException(Errno.EPIPE, "the peer is gone: " + Errno.of(-result));
                }
            }
        }
    }

    /** The reader sees the end, whatever it waits for; from any thread. */
    public void hangUp() {
        over = true;
        synchronized (writing) {
            if (!closed) {
                SocketCalls.wake(wakeUp);
            }
        }
    }

    /** To be called by the reading thread, or when there is none. */
    @Override
    public void close() {
        over = true;
        synchronized (writing) {
            if (!closed) {
                closed = true;
                Libc.close(socket);
                Libc.close(wakeUp);
            }
        }
    }

    private static ErrnoException ended(int got, int length) {
        return new ErrnoException(Errno.ECONNRESET, "the stream ended after " + got + " of " + length + " bytes");
    }
}
