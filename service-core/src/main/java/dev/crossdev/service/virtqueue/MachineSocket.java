package dev.crossdev.service.virtqueue;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorListener;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A socket at which a virtual machine's monitor finds its device. One monitor at a time has it, on a platform thread of its
 * own; another is turned away, and the next is welcome when the first is gone.
 */
public final class MachineSocket implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(MachineSocket.class);

    /** For a message, either way: a monitor sends one with one or two system calls. */
    private static final Duration STALL = Duration.ofSeconds(10);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);

    private final DescriptorListener listener;
    private final String name;
    private final Consumer<DescriptorStream> conversation;
    private final Thread accepting;
    private final Object lock = new Object();
    /** Guarded by {@code lock}, as is the thread. */
    private @Nullable DescriptorStream current;

    private @Nullable Thread serving;

    private MachineSocket(DescriptorListener listener, String name, Consumer<DescriptorStream> conversation) {
        this.listener = listener;
        this.name = name;
        this.conversation = conversation;
        this.accepting = Thread.ofPlatform().daemon().name(name + "-accept").unstarted(this::accept);
    }

    /**
     * Listens at a path whose folder exists.
     *
     * @param name for threads and the log
     * @param conversation with one monitor, until it is over; the stream is closed after it
     * @throws ErrnoException as {@link DescriptorListener#listen}
     */
    public static MachineSocket listen(Path path, String name, Consumer<DescriptorStream> conversation) {
        MachineSocket socket = new MachineSocket(DescriptorListener.listen(path, STALL), name, conversation);
        socket.accepting.start();
        return socket;
    }

    public Path path() {
        return listener.path();
    }

    private void accept() {
        try (listener) {
            for (Optional<DescriptorStream> next = listener.accept(); next.isPresent(); next = listener.accept()) {
                begin(next.get());
            }
        }
    }

    private void begin(DescriptorStream stream) {
        synchronized (lock) {
            if (current != null) {
                LOG.warnf("%s: turned a second monitor away from %s", name, listener.path());
                stream.close();
                return;
            }
            current = stream;
            serving = Thread.ofPlatform().daemon().name(name).start(() -> serve(stream));
        }
    }

    private void serve(DescriptorStream stream) {
        try (stream) {
            LOG.infof("%s: a monitor is connected to %s", name, listener.path());
            conversation.accept(stream);
            LOG.infof("%s: the monitor is gone", name);
        } catch (ErrnoException e) {
            LOG.warnf("%s: hangs up: %s", name, e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "%s: serving a monitor failed", name);
        } finally {
            synchronized (lock) {
                current = null;
            }
        }
    }

    /** Listens no more, hangs up, and waits for the conversation to be over. */
    @Override
    public void close() {
        listener.hangUp();
        join(accepting);
        Thread last;
        synchronized (lock) {
            if (current != null) {
                current.hangUp();
            }
            last = serving;
        }
        if (last != null) {
            join(last);
        }
    }

    private void join(Thread thread) {
        try {
            if (!thread.join(CLOSE_WITHIN)) {
                LOG.warnf("%s did not end", thread.getName());
            }
        } catch (InterruptedException e) {
            // It ends all the same.
            Thread.currentThread().interrupt();
        }
    }
}
