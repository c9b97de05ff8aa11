package dev.crossdev.virtio.video;

import java.util.Optional;

/** What the entries of a RESOURCE_CREATE are. */
public enum MemType {
    GUEST_PAGES(0),
    VIRTIO_OBJECT(1);

    private final int number;

    MemType(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    public static Optional<MemType> of(int number) {
        for (MemType each : values()) {
            if (each.number == number) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
