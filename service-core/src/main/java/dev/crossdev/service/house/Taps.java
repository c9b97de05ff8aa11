package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Those who wait for a device to be made, and how many watch at all. Guarded by the house's own lock.
 */
final class Taps {

    /** Each may hold megabytes. */
    static final int MAX_TAPS = 32;

    private final Map<DeviceKey, List<Waiting>> waiting = new HashMap<>();
    private int open;

    record Waiting(TapListener listener, boolean withMemory) {}

    /**
     * One more, which {@link #ended} takes back, also after a failure.
     *
     * @throws ErrnoException ENOBUFS when there are too many
     */
    void began() {
        open++;
        if (open > MAX_TAPS) {
            throw new ErrnoException(Errno.ENOBUFS, MAX_TAPS + " taps are open, which is the limit");
        }
    }

    void await(DeviceKey key, TapListener listener, boolean withMemory) {
        waiting.computeIfAbsent(key, _ -> new ArrayList<>()).add(new Waiting(listener, withMemory));
    }

    /** Those who waited for a device that is here now. */
    List<Waiting> take(DeviceKey key) {
        List<Waiting> those = waiting.remove(key);
        return those == null ? List.of() : those;
    }

    /** All who waited: for what does not come. */
    List<Waiting> takeAll() {
        List<Waiting> all = waiting.values().stream().flatMap(List::stream).toList();
        waiting.clear();
        return all;
    }

    void ended(DeviceKey key, TapListener listener) {
        open--;
        waiting.computeIfPresent(key, (_, those) -> {
            those.removeIf(each -> each.listener() == listener);
            return those.isEmpty() ? null : those;
        });
    }
}
