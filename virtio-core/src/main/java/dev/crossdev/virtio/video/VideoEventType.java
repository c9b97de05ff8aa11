package dev.crossdev.virtio.video;

import java.util.Optional;

/** What a device says unasked. */
public enum VideoEventType {
    /** The stream is broken; what is pending stays so until the stream is destroyed. */
    ERROR(0x100),
    /** The output parameters changed, for the first time too. */
    DECODER_RESOLUTION_CHANGED(0x200);

    private final int number;

    VideoEventType(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    public static Optional<VideoEventType> of(int number) {
        for (VideoEventType each : values()) {
            if (each.number == number) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
