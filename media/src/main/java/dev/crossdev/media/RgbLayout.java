package dev.crossdev.media;

import org.bytedeco.ffmpeg.global.avutil;

/** The order of a pixel's four bytes in memory, lowest address first. Alpha is always written as 0xff. */
public enum RgbLayout {
    /** Blue, green, red, alpha: virtio-gpu B8G8R8A8_UNORM and B8G8R8X8_UNORM. */
    BGRA(avutil.AV_PIX_FMT_BGRA),
    /** Red, green, blue, alpha: virtio-gpu R8G8B8A8_UNORM and R8G8B8X8_UNORM. */
    RGBA(avutil.AV_PIX_FMT_RGBA),
    /** Alpha, red, green, blue: virtio-gpu A8R8G8B8_UNORM and X8R8G8B8_UNORM. */
    ARGB(avutil.AV_PIX_FMT_ARGB),
    /** Alpha, blue, green, red: virtio-gpu A8B8G8R8_UNORM and X8B8G8R8_UNORM. */
    ABGR(avutil.AV_PIX_FMT_ABGR);

    /** Bytes of one pixel in every layout. */
    public static final int BYTES_PER_PIXEL = 4;

    private final int pixelFormat;

    RgbLayout(int pixelFormat) {
        this.pixelFormat = pixelFormat;
    }

    int pixelFormat() {
        return pixelFormat;
    }
}
