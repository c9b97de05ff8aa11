package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An eventfd (eventfd(2)) that another process handed over, or a pipe or socket that is used like one: a kick, a call, an
 * interrupt. A call of User Mode Linux is one end of a socketpair, since an eventfd raises no SIGIO (arch/um/drivers/
 * virtio_uml.c; its os_pipe makes no pipe). Nothing here waits.
 */
public final class EventDescriptor implements AutoCloseable {
    private final int descriptor;
    private boolean closed;

    private EventDescriptor(int descriptor) {
        this.descriptor = descriptor;
    }

    /** One of this process's own. */
    public static EventDescriptor create() {
        return new EventDescriptor(SocketCalls.wakeUp());
    }

    /**
     * Takes a descriptor that another process gave, and closes it at once when it is refused.
     *
     * @throws ErrnoException EINVAL when it is neither an eventfd nor a pipe or socket: a file of another kind can be readable
     *     for ever
     */
    public static EventDescriptor adopt(int descriptor) {
        String file;
        try {
            file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
        } catch (IOException e) {
            Libc.close(descriptor);
            throw new ErrnoException(Errno.EBADF, "looking at descriptor " + descriptor + ": " + e, e);
        }
        if (!file.equals("anon_inode:[eventfd]") && !file.startsWith("pipe:[") && !file.startsWith("socket:[")) {
            Libc.close(descriptor);
            throw new ErrnoException(Errno.EINVAL, "neither an eventfd nor a pipe or socket: " + file);
        }
        SocketCalls.neverWait(descriptor);
        return new EventDescriptor(descriptor);
    }

    /** Tells whoever waits for it. A peer that is gone, or has more of this than fits, is not told. */
    public synchronized void signal() {
        if (!closed) {
            SocketCalls.tryWake(descriptor);
        }
    }

    /** Forgets what was signalled; false when nobody will ever signal again. */
    public synchronized boolean clear() {
        return !closed && SocketCalls.slumber(descriptor);
    }

    /** The number, which stays this object's. */
    public int descriptor() {
        return descriptor;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.close(descriptor);
        }
    }
}
