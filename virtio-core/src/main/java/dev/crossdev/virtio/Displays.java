package dev.crossdev.virtio;

import java.util.List;
import java.util.Optional;

/** What is plugged into a device's scanouts, in an operator's hands. Thread-safe; waits for nothing. */
public interface Displays {

    /** One for each scanout, scanout 0 first, as the driver sees them now. */
    List<Display> all();

    /**
     * Plugs a display in, unplugs it, or gives it another size. The driver is told, and decides what it does: what the scanout
     * shows stays until then, as with QEMU's virtio_gpu_ui_info. Nothing happens when nothing changes.
     *
     * @param scanoutId unsigned
     * @param size of the display that is plugged in; empty: the size that it had
     * @return all displays, whose places may have changed with this one's width
     * @throws dev.crossdev.dmabuf.error.ErrnoException ENOENT for a scanout that the device does not have; EINVAL for a size
     *     that cannot be described, or for a display that is unplugged
     */
    List<Display> set(int scanoutId, boolean enabled, Optional<Size> size);

    /** Pixels. */
    record Size(int width, int height) {}

    /**
     * A display.
     *
     * @param enabled whether it is plugged in
     * @param x column of its left edge among all displays; 0 when it is unplugged
     * @param y row of its upper edge among all displays; 0 when it is unplugged
     * @param size what it has, or had when it was unplugged
     */
    record Display(int scanoutId, boolean enabled, int x, int y, Size size) {}
}
