package dev.crossdev.virtio.gpu;

import java.util.Optional;

/**
 * The eight formats of a 2D resource. The name is the order of the bytes in memory, lowest address first; all have four
 * bytes per pixel, eight bits each (virtio 1.4, GPU device, RESOURCE_CREATE_2D).
 */
public enum PixelFormat {
    B8G8R8A8_UNORM(1, "BGRA"),
    B8G8R8X8_UNORM(2, "BGRx"),
    A8R8G8B8_UNORM(3, "ARGB"),
    X8R8G8B8_UNORM(4, "xRGB"),
    R8G8B8A8_UNORM(67, "RGBA"),
    X8B8G8R8_UNORM(68, "xBGR"),
    A8B8G8R8_UNORM(121, "ABGR"),
    R8G8B8X8_UNORM(134, "RGBx");

    public static final int BYTES_PER_PIXEL = 4;

    private final int number;
    private final String channels;

    PixelFormat(int number, String channels) {
        this.number = number;
        this.channels = channels;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    /** The channel at each of a pixel's four bytes, {@code x} for one that means nothing. */
    public String channels() {
        return channels;
    }

    /** Which byte of a pixel (0 to 3) holds a channel ({@code R}, {@code G}, {@code B}, {@code A}); -1 for none. */
    public int byteOf(char channel) {
        return channels.indexOf(channel);
    }

    public boolean hasAlpha() {
        return byteOf('A') >= 0;
    }

    public static Optional<PixelFormat> of(int number) {
        for (PixelFormat format : values()) {
            if (format.number == number) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }
}
