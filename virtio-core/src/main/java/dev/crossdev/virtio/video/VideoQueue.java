package dev.crossdev.virtio.video;

import java.util.Optional;

/** The two virtqueues of a video device; the ordinal is the queue index. */
public enum VideoQueue {
    COMMAND,
    EVENT;

    public int index() {
        return ordinal();
    }

    public static Optional<VideoQueue> of(int index) {
        return switch (index) {
            case 0 -> Optional.of(COMMAND);
            case 1 -> Optional.of(EVENT);
            default -> Optional.empty();
        };
    }
}
