package dev.crossdev.grpc.flow;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import io.grpc.StatusRuntimeException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages to a stream in the order in which they were offered, from any thread, as fast as the peer reads.
 *
 * <p>No thread ever waits and no lock is held while a message is written: whoever finds nobody writing writes what is
 * queued, others leave their message and go. What the peer has not read yet is the {@link #backlog}; an owner who lets
 * the peer cause messages stops reading from it while the writer {@linkplain #isAboveMark is above its mark} and goes on
 * when it {@linkplain #onDrained has drained}. A backlog over the limit fails the stream with RESOURCE_EXHAUSTED.
 */
public final class StreamWriter<T> {

    private sealed interface End {
        record Completed() implements End {}

        record Failed(StatusRuntimeException failure) implements End {}

        /** The peer is gone: nobody reads what is left. */
        record Cancelled() implements End {}
    }

    private final StreamSink<? super T> sink;
    private final int mark;
    private final int limit;
    private final Queue<T> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicInteger wakeUps = new AtomicInteger();
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private volatile boolean aboveMark;
    private volatile Runnable drained = () -> {};

    /** Only the thread that drains looks at it. */
    private boolean ended;

    /**
     * @param mark messages above which the owner should stop causing more
     * @param limit messages above which the stream fails
     */
    public StreamWriter(StreamSink<? super T> sink, int mark, int limit) {
        if (mark < 1 || limit < mark) {
            throw new IllegalArgumentException("mark " + mark + ", limit " + limit);
        }
        this.sink = sink;
        this.mark = mark;
        this.limit = limit;
    }

    /** Queues a message and writes what the peer is ready for. False when the stream has ended: the message is dropped. */
    public boolean offer(T message) {
        boolean taken = enqueue(message);
        drain();
        return taken;
    }

    /**
     * Only queues a message, for one who holds a lock to keep messages in an order of his own; {@link #flush} without the
     * lock must follow. False when the stream has ended: the message is dropped.
     */
    public boolean enqueue(T message) {
        if (end.get() != null) {
            return false;
        }
        int size = queued.incrementAndGet();
        if (size > limit) {
            queued.decrementAndGet();
            end.compareAndSet(null, new End.Failed(overflow()));
            return false;
        }
        if (size > mark) {
            aboveMark = true;
        }
        queue.add(message);
        return true;
    }

    /** Writes what the peer is ready for: after {@link #enqueue}, and when the sink has become ready. */
    public void flush() {
        drain();
    }

    private StatusRuntimeException overflow() {
        return Statuses.toException(
                new ErrnoException(Errno.ENOBUFS, "the peer does not read: " + limit + " messages wait for it"));
    }

    /**
     * Ends the stream after what is queued. That is written at once, ready or not: the transport keeps a bounded rest,
     * and a peer that does not read cannot keep the stream from ending.
     */
    public void complete() {
        endWith(new End.Completed());
    }

    /** Fails the stream after what is queued, as {@link #complete} does. */
    public void fail(StatusRuntimeException failure) {
        endWith(new End.Failed(failure));
    }

    /** To be called when the peer has cancelled or the connection is lost: drops what is queued and all that follows. */
    public void cancelled() {
        endWith(new End.Cancelled());
    }

    /** Messages that wait for the peer. */
    public int backlog() {
        return queued.get();
    }

    /** From when the backlog has passed the mark until half of it has gone. */
    public boolean isAboveMark() {
        return aboveMark;
    }

    public boolean isEnded() {
        return end.get() != null;
    }

    /** What to run each time when the writer is no longer above its mark. Runs on the thread that writes; must not wait. */
    public void onDrained(Runnable action) {
        drained = action;
    }

    private void endWith(End how) {
        if (end.compareAndSet(null, how)) {
            drain();
        }
    }

    private void drain() {
        int missed = wakeUps.getAndIncrement() == 0 ? 1 : 0;
        while (missed != 0) {
            try {
                writeWhatIsQueued();
            } catch (RuntimeException e) {
                // The call ended underneath (cancelled, or closed by an interceptor): nobody reads any more.
                end.compareAndSet(null, new End.Cancelled());
                ended = true;
                clear();
            }
            missed = wakeUps.addAndGet(-missed);
        }
    }

    private void writeWhatIsQueued() {
        End how = end.get();
        while (!ended && (how != null || sink.isReady())) {
            T message = how instanceof End.Cancelled ? null : queue.poll();
            if (message != null) {
                queued.decrementAndGet();
                sink.send(message);
                tellWhenDrained();
            } else if (how != null) {
                ended = true;
                switch (how) {
                    case End.Completed() -> sink.complete();
                    case End.Failed(StatusRuntimeException failure) -> sink.fail(failure);
                    case End.Cancelled() -> {}
                }
            } else {
                break;
            }
            how = end.get();
        }
        if (ended) {
            clear();
        }
        tellWhenDrained();
    }

    private void tellWhenDrained() {
        if (aboveMark && queued.get() <= mark / 2) {
            aboveMark = false;
            drained.run();
        }
    }

    private void clear() {
        while (queue.poll() != null) {
            queued.decrementAndGet();
        }
    }
}
