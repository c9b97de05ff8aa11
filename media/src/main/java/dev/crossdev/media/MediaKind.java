package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVProbeData;
import org.bytedeco.ffmpeg.global.avformat;

/** The two forms of a clip, told apart by libavformat's probes, never by the file's name. */
enum MediaKind {
    /** An ISO base media file. */
    MP4,
    /** A bare H.264 byte stream (ITU-T H.264, annex B). */
    ANNEX_B;

    private static final int PROBED_BYTES = 1 << 20;

    static MediaKind of(NativeBytes file) throws MediaException {
        if (file.size() == 0) {
            throw new MediaException(Reason.NOT_MEDIA, "the file is empty");
        }
        AVInputFormat format;
        try (AVProbeData probe = new AVProbeData()) {
            probe.buf(file.pointer(0)).buf_size(Math.min(file.size(), PROBED_BYTES));
            format = avformat.av_probe_input_format(probe, 1);
        }
        String name = format == null ? "" : format.name().getString();
        return switch (name) {
            case "h264" -> ANNEX_B;
            case "mov,mp4,m4a,3gp,3g2,mj2" -> MP4;
            case "" -> throw new MediaException(Reason.NOT_MEDIA, "not a media file");
            default ->
                throw new MediaException(
                        Reason.NOT_H264, "looks like " + name + ": a clip is H.264 in Annex B or in MP4");
        };
    }
}
