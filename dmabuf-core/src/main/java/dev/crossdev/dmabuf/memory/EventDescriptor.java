package dev.crossdev.dmabuf.memory;

/**
 * An eventfd (eventfd(2)) that another process handed over: a kick, a call, an interrupt. Nothing here waits, whatever kind
 * of file it turns out to be.
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

    /** Takes a descriptor that another process gave, and owns it from here on. */
    public static EventDescriptor adopt(int descriptor) {
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

    /** For poll(2), as long as it is open. */
    int descriptor() {
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
