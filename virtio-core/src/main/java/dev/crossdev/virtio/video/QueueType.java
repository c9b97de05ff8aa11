package dev.crossdev.virtio.video;

import java.util.Optional;

/** The two sides of a codec: what goes in and what comes out. */
public enum QueueType {
    INPUT(0x100),
    OUTPUT(0x101);

    private final int number;

    QueueType(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    public static Optional<QueueType> of(int number) {
        for (QueueType each : values()) {
            if (each.number == number) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
