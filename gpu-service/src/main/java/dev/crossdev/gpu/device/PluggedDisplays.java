package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.virtio.Displays;
import dev.crossdev.virtio.gpu.GpuConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The displays at a device's scanouts, side by side from left to right, and the event that tells the driver of a change. A
 * reset leaves them plugged in: they are the host's.
 */
final class PluggedDisplays implements Displays {

    private record Plug(DisplaySize size, boolean enabled) {}

    private final Runnable configChanged;
    private final Object lock = new Object();
    private final List<Plug> plugs = new ArrayList<>();
    private int events;

    /** @param configChanged run without a lock */
    PluggedDisplays(List<DisplaySize> sizes, Runnable configChanged) {
        this.configChanged = configChanged;
        sizes.forEach(size -> plugs.add(new Plug(size, true)));
    }

    @Override
    public List<Display> all() {
        synchronized (lock) {
            List<Display> all = new ArrayList<>();
            int right = 0;
            for (Plug plug : plugs) {
                Size size = new Size(plug.size.width(), plug.size.height());
                all.add(new Display(all.size(), plug.enabled, plug.enabled ? right : 0, 0, size));
                right += plug.enabled ? plug.size.width() : 0;
            }
            return all;
        }
    }

    @Override
    public List<Display> set(int scanoutId, boolean enabled, Optional<Size> size) {
        if (!enabled && size.isPresent()) {
            throw new ErrnoException(Errno.EINVAL, "a display that is unplugged has no size");
        }
        Optional<DisplaySize> wanted = size.map(PluggedDisplays::describable);
        boolean changed;
        synchronized (lock) {
            if (!exists(scanoutId)) {
                throw new ErrnoException(
                        Errno.ENOENT,
                        "no scanout " + Integer.toUnsignedString(scanoutId) + ": there are 0 to " + (plugs.size() - 1));
            }
            Plug next = new Plug(wanted.orElse(plugs.get(scanoutId).size), enabled);
            changed = !next.equals(plugs.set(scanoutId, next));
            if (changed) {
                events |= GpuConfig.EVENT_DISPLAY;
            }
        }
        if (changed) {
            configChanged.run();
        }
        return all();
    }

    /** What a display has, or had when it was unplugged; empty for a scanout that does not exist. */
    Optional<DisplaySize> size(int scanoutId) {
        synchronized (lock) {
            return exists(scanoutId) ? Optional.of(plugs.get(scanoutId).size) : Optional.empty();
        }
    }

    /** {@code events_read}. */
    int events() {
        synchronized (lock) {
            return events;
        }
    }

    /** @param bits as the driver wrote them to {@code events_clear} */
    void clearEvents(int bits) {
        synchronized (lock) {
            events &= ~bits;
        }
    }

    private boolean exists(int scanoutId) {
        return scanoutId >= 0 && scanoutId < plugs.size();
    }

    private static DisplaySize describable(Size size) {
        try {
            return new DisplaySize(size.width(), size.height());
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.EINVAL, String.valueOf(e.getMessage()), e);
        }
    }
}
