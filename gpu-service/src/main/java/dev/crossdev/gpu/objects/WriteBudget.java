package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Bytes that remote writes may have on their way, of all importers together. Who finds no room has it in turn. */
final class WriteBudget {
    private final long limit;
    private final Deque<Reservation> waiting = new ArrayDeque<>();
    private long reserved;

    WriteBudget(long limit) {
        this.limit = limit;
    }

    /** Room for one write, from when it is granted until it is closed. */
    final class Reservation implements AutoCloseable {
        private final long bytes;
        private final Runnable granted;
        private boolean holds;
        private boolean closed;

        private Reservation(long bytes, Runnable granted) {
            this.bytes = bytes;
            this.granted = granted;
        }

        /** Gives the room back, or gives up waiting for it. Again is nothing. */
        @Override
        public void close() {
            synchronized (WriteBudget.this) {
                if (closed) {
                    return;
                }
                closed = true;
                waiting.remove(this);
                if (holds) {
                    reserved -= bytes;
                }
            }
            grant();
        }
    }

    /**
     * Asks for room.
     *
     * @param granted runs when there is, perhaps before this returns, on whatever thread has made it
     * @throws ErrnoException ENOBUFS when there will never be as much
     */
    Reservation reserve(long bytes, Runnable granted) {
        if (bytes > limit) {
            throw new ErrnoException(
                    Errno.ENOBUFS, "a write of " + bytes + " bytes; at most " + limit + " may be sent");
        }
        Reservation reservation = new Reservation(bytes, granted);
        synchronized (this) {
            waiting.add(reservation);
        }
        grant();
        return reservation;
    }

    /** First come, first served: a large write is not kept out by small ones. */
    private void grant() {
        List<Reservation> next = new ArrayList<>();
        synchronized (this) {
            while (!waiting.isEmpty() && waiting.getFirst().bytes <= limit - reserved) {
                Reservation first = waiting.removeFirst();
                first.holds = true;
                reserved += first.bytes;
                next.add(first);
            }
        }
        next.forEach(reservation -> reservation.granted.run());
    }
}
