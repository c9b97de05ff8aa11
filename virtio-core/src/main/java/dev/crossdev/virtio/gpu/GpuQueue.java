package dev.crossdev.virtio.gpu;

import java.util.Optional;

/** The two virtqueues of a GPU device; the ordinal is the queue index. */
public enum GpuQueue {
    CONTROL,
    CURSOR;

    public int index() {
        return ordinal();
    }

    public static Optional<GpuQueue> of(int index) {
        return switch (index) {
            case 0 -> Optional.of(CONTROL);
            case 1 -> Optional.of(CURSOR);
            default -> Optional.empty();
        };
    }
}
