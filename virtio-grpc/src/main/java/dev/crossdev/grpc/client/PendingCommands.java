package dev.crossdev.grpc.client;

import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Commands that have no answer yet, by sequence number. */
final class PendingCommands<R> {

    record Pending<R>(CompletionHandler<R> handler, long sentNanos) {}

    /** What an answer with some sequence number is an answer to. */
    sealed interface Match<R> {
        record Found<R>(Pending<R> pending) implements Match<R> {}

        /** A command that was answered already. */
        record Repeated<R>() implements Match<R> {}

        /** A command from before a reset, which ended it here while it was on its way: its answer is no breach. */
        record Overtaken<R>() implements Match<R> {}

        /** A command that was never sent. */
        record Unknown<R>() implements Match<R> {}
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Pending<R>> pending = new LinkedHashMap<>();
    private final int limit;
    private long next = 1;

    /** Numbers below this were given before the last reset. */
    private long resetBelow;

    private @Nullable ErrnoException end;

    /** @param limit commands without an answer that may be, as a virtqueue's size bounds them */
    PendingCommands(int limit) {
        this.limit = limit;
    }

    /**
     * Gives a command its number and enqueues it, both at once, so that numbers and wire have the same order.
     *
     * @param enqueue called under a lock: must only leave the command where it will be written later
     * @return why the command was not taken; empty when it was
     */
    Optional<ErrnoException> add(CompletionHandler<R> handler, LongConsumer enqueue, Supplier<ErrnoException> full) {
        lock.lock();
        try {
            if (end != null) {
                return Optional.of(end);
            }
            if (pending.size() >= limit) {
                return Optional.of(full.get());
            }
            long sequence = next++;
            pending.put(sequence, new Pending<>(handler, System.nanoTime()));
            enqueue.accept(sequence);
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    Match<R> take(long sequence) {
        lock.lock();
        try {
            Pending<R> found = pending.remove(sequence);
            if (found != null) {
                return new Match.Found<>(found);
            }
            if (sequence < 1 || sequence >= next) {
                return new Match.Unknown<>();
            }
            return sequence < resetBelow ? new Match.Overtaken<>() : new Match.Repeated<>();
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return pending.size();
        } finally {
            lock.unlock();
        }
    }

    /** Fails all that is pending; later commands are taken. */
    void failAll(ErrnoException why) {
        List<Pending<R>> failed;
        lock.lock();
        try {
            failed = new ArrayList<>(pending.values());
            // Those that were still on their way will be answered by the device in its new epoch.
            resetBelow = next;
            pending.clear();
        } finally {
            lock.unlock();
        }
        failed.forEach(each -> Callbacks.run(() -> each.handler().failed(why)));
    }

    /** Fails all that is pending and all that comes later. Only the first reason counts. */
    void end(ErrnoException why) {
        lock.lock();
        try {
            if (end == null) {
                end = why;
            }
        } finally {
            lock.unlock();
        }
        failAll(why);
    }
}
