package dev.crossdev.virtio.video;

import java.util.Optional;

/** How a frame's planes lie: in one buffer or in one each. FormatDesc holds a set of these, as bits. */
public enum PlanesLayout {
    SINGLE_BUFFER(1),
    PER_PLANE(2);

    private final int number;

    PlanesLayout(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    public static Optional<PlanesLayout> of(int number) {
        for (PlanesLayout each : values()) {
            if (each.number == number) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
