package dev.crossdev.gpu.objects;

import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Tells one listener what happens to a guest's objects, in order. Events are noted under the table's lock, where their
 * order is decided, and told outside of it, by one thread at a time.
 */
final class ObjectWatcher {

    /** What happened. */
    sealed interface Event {
        record Added(ExportedObject object) implements Event {}

        /** What was there at the beginning has been told. */
        record Synchronized() implements Event {}

        record Removed(UUID uuid) implements Event {}
    }

    private final String guest;
    private final Consumer<Event> listener;
    private final Queue<Event> noted = new ConcurrentLinkedQueue<>();
    private final AtomicInteger wakeUps = new AtomicInteger();

    ObjectWatcher(String guest, Consumer<Event> listener) {
        this.guest = guest;
        this.listener = listener;
    }

    String guest() {
        return guest;
    }

    /** Under the table's lock. */
    void note(Event event) {
        noted.add(event);
    }

    /** Tells what was noted, unless somebody is at it. */
    void tell() {
        int missed = wakeUps.getAndIncrement() == 0 ? 1 : 0;
        while (missed != 0) {
            for (Event event = noted.poll(); event != null; event = noted.poll()) {
                listener.accept(event);
            }
            missed = wakeUps.addAndGet(-missed);
        }
    }
}
