package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.Features;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;

/** Those who see what travels between drivers and devices, and those of them who wait for a device to be made. */
public final class Taps {

    /** Each may hold megabytes. */
    static final int MAX_TAPS = 32;

    /** The house's own: nobody taps a device between its making and its first command without being told of both. */
    private final Lock door;

    private final Map<DeviceKey, ? extends DeviceInstance<?, ?, ?>> instances;
    private final Features offered;

    /** The rest guarded by {@code door}. */
    private final Map<DeviceKey, List<Waiting>> waiting = new HashMap<>();

    private int open;
    private boolean noMore;

    private record Waiting(TapListener listener, boolean withMemory) {}

    Taps(Lock door, Map<DeviceKey, ? extends DeviceInstance<?, ?, ?>> instances, Features offered) {
        this.door = door;
        this.instances = instances;
        this.offered = offered;
    }

    /**
     * Shows what travels between a driver and a device, until the device goes away or what this returns is run. Running it
     * twice does nothing.
     *
     * @param wait for a device that is not there: until it is made, and miss nothing of it
     * @param withMemory also what commands make the device read, where its answers depend on it
     * @throws ErrnoException ENOENT, without {@code wait}; ENOBUFS when there are too many taps; {@link DeviceGoneException}
     *     when the house is being drained
     */
    public Runnable open(DeviceKey key, boolean wait, boolean withMemory, TapListener listener) {
        door.lock();
        try {
            open++;
            if (open > MAX_TAPS) {
                throw new ErrnoException(Errno.ENOBUFS, MAX_TAPS + " taps are open, which is the limit");
            }
            DeviceInstance<?, ?, ?> there = instances.get(key);
            if (there == null || !there.tap(listener, offered, withMemory)) {
                await(key, wait, withMemory, listener);
            }
        } catch (RuntimeException e) {
            forget(key, listener);
            throw e;
        } finally {
            door.unlock();
        }
        AtomicBoolean over = new AtomicBoolean();
        return () -> {
            if (over.compareAndSet(false, true)) {
                close(key, listener);
            }
        };
    }

    private void await(DeviceKey key, boolean wait, boolean withMemory, TapListener listener) {
        if (!wait) {
            throw DeviceInventory.noDevice(key);
        }
        if (noMore) {
            throw DeviceHouse.draining();
        }
        waiting.computeIfAbsent(key, _ -> new ArrayList<>()).add(new Waiting(listener, withMemory));
        listener.awaiting();
    }

    private void close(DeviceKey key, TapListener listener) {
        door.lock();
        try {
            forget(key, listener);
            DeviceInstance<?, ?, ?> there = instances.get(key);
            if (there != null) {
                there.untap(listener);
            }
        } finally {
            door.unlock();
        }
    }

    private void forget(DeviceKey key, TapListener listener) {
        open--;
        waiting.computeIfPresent(key, (_, those) -> {
            those.removeIf(each -> each.listener() == listener);
            return those.isEmpty() ? null : those;
        });
    }

    /** Those who waited for it see it from its beginning. To be called under the house's lock. */
    void made(DeviceInstance<?, ?, ?> device) {
        List<Waiting> those = waiting.remove(device.facts().key());
        if (those != null) {
            those.forEach(each -> device.tap(each.listener(), offered, each.withMemory()));
        }
    }

    /** To be called under the house's lock. */
    void devicesComeNoMore() {
        noMore = true;
    }

    /** What they wait for does not come. */
    void endWaiting(String reason) {
        List<Waiting> inVain;
        door.lock();
        try {
            inVain = waiting.values().stream().flatMap(List::stream).toList();
            waiting.clear();
        } finally {
            door.unlock();
        }
        inVain.forEach(each -> each.listener().unplugged(reason, System.nanoTime()));
    }
}
