package dev.crossdev.gpu.objects;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An importer for as long as its Watch stream lasts, and what it holds. */
final class ImporterSession implements AutoCloseable {
    private final Map<Integer, Hold> holds = new ConcurrentHashMap<>();
    private final Consumer<Hold> forgotten;
    private final Runnable ended;
    private final RevokeListener listener;
    private final Object lock = new Object();
    private boolean closed;

    /**
     * @param forgotten told of each hold that ends
     * @param ended told once, when the session is over
     * @param listener the importer
     */
    ImporterSession(Consumer<Hold> forgotten, Runnable ended, RevokeListener listener) {
        this.forgotten = forgotten;
        this.ended = ended;
        this.listener = listener;
    }

    /** The importer is asked to release a hold. */
    void askToLetGo(Hold hold) {
        listener.revokeRequested(hold.attachment());
    }

    /** The importer is not to be relied upon any more. */
    void cutOff() {
        close();
        listener.cutOff();
    }

    /** False when the session has ended; the hold is then not taken. */
    boolean add(Hold hold) {
        synchronized (lock) {
            if (closed) {
                return false;
            }
            holds.put(hold.attachment(), hold);
            return true;
        }
    }

    Optional<Hold> hold(int attachment) {
        return Optional.ofNullable(holds.get(attachment));
    }

    void release(int attachment) {
        @Nullable Hold hold = holds.remove(attachment);
        if (hold != null) {
            end(hold);
        }
    }

    /** Everything that it holds falls. Again is nothing. */
    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        for (int attachment : List.copyOf(holds.keySet())) {
            release(attachment);
        }
        ended.run();
    }

    private void end(Hold hold) {
        forgotten.accept(hold);
        hold.release();
    }
}
