package dev.crossdev.gpu.objects;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Those who watch; see {@link ObjectWatcher} for what is done under the table's lock and what is not. */
final class ObjectWatchers {
    private final List<ObjectWatcher> watchers = new CopyOnWriteArrayList<>();

    /** Under the table's lock. */
    void add(ObjectWatcher watcher) {
        watchers.add(watcher);
    }

    void remove(ObjectWatcher watcher) {
        watchers.remove(watcher);
    }

    /** Notes it for those who watch that guest. Under the table's lock. */
    void note(String guest, ObjectWatcher.Event event) {
        of(guest).forEach(watcher -> watcher.note(event));
    }

    /** Tells what was noted. Without the lock. */
    void tell(String guest) {
        of(guest).forEach(ObjectWatcher::tell);
    }

    private List<ObjectWatcher> of(String guest) {
        return watchers.stream()
                .filter(watcher -> watcher.guest().equals(guest))
                .toList();
    }
}
