package dev.crossdev.media;

import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;

/** The native libraries underneath. */
public final class MediaLibrary {
    private MediaLibrary() {}

    /**
     * Unpacks and loads the native libraries, which otherwise happens at the first use and takes up to a second. Calling
     * it again does nothing.
     */
    public static void preload() {
        Ffmpeg.load();
        // Each call makes its library load.
        avcodec.avcodec_version();
        avformat.avformat_version();
        swscale.swscale_version();
    }

    /** FFmpeg's version, such as {@code 8.1.2}. */
    public static String version() {
        Ffmpeg.load();
        return avutil.av_version_info().getString();
    }

    /** The licence that the libraries were built under. */
    public static String license() {
        Ffmpeg.load();
        return avcodec.avcodec_license().getString();
    }
}
