package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.nio.charset.StandardCharsets;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/** FFmpeg's libraries in this process: loaded once, silent, and their error numbers in words. */
final class Ffmpeg {
    static {
        // JavaCPP throws OutOfMemoryError when the resident set outgrows a multiple of the heap. Mapped shared memory
        // counts into it here, and all native memory has an owner, so the guess would only do harm.
        setUnlessGiven("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        setUnlessGiven("org.bytedeco.javacpp.maxBytes", "0");
        // Damaged input is reported by exceptions and flags; the libraries would write it to standard error as well.
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
    }

    /** The output is not ready yet, or the input not wanted yet. */
    static final int AGAIN = org.bytedeco.ffmpeg.presets.avutil.AVERROR_EAGAIN();

    static final int END = avutil.AVERROR_EOF;

    private Ffmpeg() {}

    /** Makes sure that the libraries are there; every class that touches them calls it first. */
    static void load() {
        // The static initializer does the work, once.
    }

    /** Turns a negative result into an exception whose message starts with what was tried. */
    static int check(int result, Reason reason, String what) throws MediaException {
        if (result < 0) {
            throw failure(result, reason, what);
        }
        return result;
    }

    static MediaException failure(int error, Reason reason, String what) {
        return new MediaException(
                error == org.bytedeco.ffmpeg.presets.avutil.AVERROR_ENOMEM() ? Reason.FAILED : reason,
                what + ": " + describe(error));
    }

    /** The libraries signal exhausted memory by null pointers. */
    static <T> T allocated(@Nullable T pointer, String what) throws MediaException {
        if (pointer == null) {
            throw new MediaException(Reason.FAILED, "FFmpeg has no memory for " + what);
        }
        return pointer;
    }

    private static String describe(int error) {
        byte[] text = new byte[128];
        avutil.av_strerror(error, text, text.length);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    private static void setUnlessGiven(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
