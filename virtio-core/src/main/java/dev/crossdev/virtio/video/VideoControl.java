package dev.crossdev.virtio.video;

import java.util.Optional;

/** Controls of a stream (1 to 3 are in the RFC, the others in the drivers' header). */
public enum VideoControl {
    BITRATE(1),
    PROFILE(2),
    LEVEL(3),
    FORCE_KEYFRAME(4),
    BITRATE_MODE(5),
    BITRATE_PEAK(6),
    PREPEND_SPSPPS_TO_IDR(7);

    private final int number;

    VideoControl(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    public static Optional<VideoControl> of(int number) {
        for (VideoControl each : values()) {
            if (each.number == number) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
