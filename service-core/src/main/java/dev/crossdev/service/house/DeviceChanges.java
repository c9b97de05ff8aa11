package dev.crossdev.service.house;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Who wants to know that something about a device has changed. While nobody does, a change costs a look at an empty list. */
final class DeviceChanges {

    private final List<Consumer<DeviceKey>> listeners = new CopyOnWriteArrayList<>();

    /** @param listener called from any thread, under locks of the house and its devices: it must take none and return */
    void add(Consumer<DeviceKey> listener) {
        listeners.add(listener);
    }

    void remove(Consumer<DeviceKey> listener) {
        listeners.remove(listener);
    }

    void changed(DeviceKey key) {
        listeners.forEach(listener -> listener.accept(key));
    }

    int count() {
        return listeners.size();
    }
}
