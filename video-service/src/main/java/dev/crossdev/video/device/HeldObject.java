package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceInfo;
import java.time.Duration;
import java.util.List;

/**
 * A hold on an object from its attach to its release, whichever way its content is reached.
 *
 * <p>It owns the moment of letting go: {@code whenReleased} runs once, after {@link #release} and after the last write has
 * ended, never while native code could still touch mapped memory.
 */
public final class HeldObject implements ImportedObject {
    private final ObjectLayout layout;
    private final ObjectContent content;
    private final Runnable whenReleased;

    /** Writes and looks under way, which need the content. */
    private int users;

    private boolean released;
    private boolean revoked;
    private Runnable revokeListener = () -> {};

    /** @param whenReleased gives the content up and tells the exporter; must not block */
    public HeldObject(ObjectLayout layout, ObjectContent content, Runnable whenReleased) {
        this.layout = layout;
        this.content = content;
        this.whenReleased = whenReleased;
    }

    @Override
    public ObjectLayout layout() {
        return layout;
    }

    @Override
    public String path() {
        return content.path();
    }

    @Override
    public List<FenceInfo> fences() {
        synchronized (this) {
            if (released || revoked) {
                return List.of();
            }
            users++;
        }
        try {
            return content.fences();
        } finally {
            end();
        }
    }

    @Override
    public <X extends Exception> void write(ObjectLayout given, Painter<X> painter, Duration wait, Duration hold)
            throws X {
        begin();
        try {
            content.write(given, painter, wait, hold);
        } finally {
            end();
        }
    }

    /** The exporter no longer counts this hold. What cannot be written without it is as good as revoked. */
    public void orphan() {
        if (!content.orphan()) {
            revoke();
        }
    }

    @Override
    public synchronized boolean onRevoked(Runnable listener) {
        if (revoked) {
            return false;
        }
        revokeListener = listener;
        return true;
    }

    @Override
    public synchronized boolean revoked() {
        return revoked;
    }

    /**
     * The exporter takes the object away: nothing is written from here on but what is being written now, and {@code
     * whenReleased} runs as soon as that is over. Does not wait.
     */
    public void revoke() {
        Runnable listener;
        synchronized (this) {
            if (revoked) {
                return;
            }
            revoked = true;
            listener = revokeListener;
        }
        listener.run();
        release();
    }

    @Override
    public void release() {
        synchronized (this) {
            if (released) {
                return;
            }
            released = true;
            if (users > 0) {
                return;
            }
        }
        whenReleased.run();
    }

    private synchronized void begin() {
        if (released || revoked) {
            throw new ErrnoException(Errno.EIO, revoked ? "the object was revoked" : "the object was released");
        }
        users++;
    }

    private void end() {
        synchronized (this) {
            users--;
            if (!released || users > 0) {
                return;
            }
        }
        whenReleased.run();
    }
}
