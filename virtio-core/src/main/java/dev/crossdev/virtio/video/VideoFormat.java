package dev.crossdev.virtio.video;

import java.util.Optional;

/** Raw and coded formats. The names of the raw RGB ones give the bytes in memory, lowest address first. */
public enum VideoFormat {
    ARGB8888(1),
    /** Bytes B, G, R, A: what a virtio-gpu resource of B8G8R8A8 holds. */
    BGRA8888(2),
    NV12(3),
    YUV420(4),
    YVU420(5),
    MPEG2(0x1000),
    MPEG4(0x1001),
    H264(0x1002),
    HEVC(0x1003),
    VP8(0x1004),
    VP9(0x1005),
    /** Not in the RFC; two later forks of the driver have it. */
    FWHT(0x1006);

    private final int number;

    VideoFormat(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    /** A bitstream rather than pixels. */
    public boolean isCoded() {
        return number >= 0x1000;
    }

    public static Optional<VideoFormat> of(int number) {
        for (VideoFormat format : values()) {
            if (format.number == number) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }
}
