package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVProbeData;
import org.bytedeco.ffmpeg.global.avformat;
import org.jspecify.annotations.Nullable;

/** The two forms of a clip, told apart by their bytes, never by the file's name. */
enum MediaKind {
    /** An ISO base media file. */
    MP4,
    /** A bare H.264 byte stream (ITU-T H.264, annex B). */
    ANNEX_B;

    private static final int PROBED_BYTES = 1 << 20;
    /** Below this, libavformat's probes are guesses that even text files attract (AVPROBE_SCORE_RETRY). */
    private static final int SURE = 25;

    static MediaKind of(NativeBytes file) throws MediaException {
        if (file.size() == 0) {
            throw new MediaException(Reason.NOT_MEDIA, "the file is empty");
        }
        if (startsLikeH264(file.segment())) {
            return ANNEX_B;
        }
        String name = probe(file);
        return switch (name) {
            case "mov,mp4,m4a,3gp,3g2,mj2" -> MP4;
            case "" -> throw new MediaException(Reason.NOT_MEDIA, "not a media file");
            default ->
                throw new MediaException(
                        Reason.NOT_H264, "looks like " + name + ": a clip is H.264 in Annex B or in MP4");
        };
    }

    /**
     * Whether a start code is followed by what can open an H.264 stream: supplemental information, a parameter set or a
     * delimiter (table 7-1). libavformat's probe wants more, and takes short or cut streams for something else; MPEG-2
     * sets the forbidden bit here, and H.265's first units have other types.
     */
    private static boolean startsLikeH264(MemorySegment bytes) {
        long at = 0;
        while (at < bytes.byteSize() && bytes.get(ValueLayout.JAVA_BYTE, at) == 0) {
            at++;
        }
        if (at < 2 || at + 1 >= bytes.byteSize() || bytes.get(ValueLayout.JAVA_BYTE, at) != 1) {
            return false;
        }
        int header = bytes.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
        return switch (header & 0x9f) {
            case 6, 7, 8, 9 -> true;
            default -> false;
        };
    }

    private static String probe(NativeBytes file) {
        int[] score = {0};
        try (AVProbeData probe = new AVProbeData()) {
            probe.buf(file.pointer(0)).buf_size(Math.min(file.size(), PROBED_BYTES));
            @Nullable AVInputFormat format = avformat.av_probe_input_format2(probe, 1, score);
            return format == null || score[0] < SURE ? "" : format.name().getString();
        }
    }
}
