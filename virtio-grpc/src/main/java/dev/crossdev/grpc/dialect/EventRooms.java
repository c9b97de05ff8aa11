package dev.crossdev.grpc.dialect;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The event queue of a raw stream: buffers that wait for events, or events that wait for buffers, never both. Safe for
 * use by several threads.
 */
final class EventRooms<E> {

    /** Buffers that a driver may leave, the size of a large virtqueue. */
    static final int MAX_ROOMS = 1024;

    /** Events that wait for a driver that leaves no buffers; then the oldest are forgotten. */
    static final int MAX_WAITING = 256;

    sealed interface Added<E> {
        /** The buffer waits for an event. */
        record Kept<E>() implements Added<E> {}

        /** There are too many buffers already. */
        record Full<E>() implements Added<E> {}

        /** An event was waiting for the buffer. */
        record Filled<E>(E event) implements Added<E> {}
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Long> rooms = new ArrayDeque<>();
    private final Queue<E> waiting = new ArrayDeque<>();

    /** A driver's buffer, by the sequence number of its chain. */
    Added<E> add(long sequence) {
        lock.lock();
        try {
            E event = waiting.poll();
            if (event != null) {
                return new Added.Filled<>(event);
            }
            if (rooms.size() >= MAX_ROOMS) {
                return new Added.Full<>();
            }
            rooms.add(sequence);
            return new Added.Kept<>();
        } finally {
            lock.unlock();
        }
    }

    /** The buffer for an event; without one the event waits. */
    Optional<Long> take(E event) {
        lock.lock();
        try {
            Long sequence = rooms.poll();
            if (sequence == null) {
                if (waiting.size() >= MAX_WAITING) {
                    waiting.remove();
                }
                waiting.add(event);
            }
            return Optional.ofNullable(sequence);
        } finally {
            lock.unlock();
        }
    }

    void clear() {
        lock.lock();
        try {
            rooms.clear();
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }
}
