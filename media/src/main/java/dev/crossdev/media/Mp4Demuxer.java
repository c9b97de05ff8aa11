package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVBSFContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.PointerPointer;

/** Takes the first video track out of an MP4 file and turns it into Annex B. */
final class Mp4Demuxer {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private Mp4Demuxer() {}

    /** The track's access units in decode order. */
    record Track(List<AccessUnit> accessUnits, FrameRate frameRate) {}

    private record Sample(MemorySegment data, long pts, boolean key) {}

    static Track read(NativeBytes file) throws MediaException {
        Mp4Boxes.requireComplete(file.segment());
        try (MemoryInput input = MemoryInput.openMp4(file)) {
            AVFormatContext format = input.format();
            AVStream stream = findH264(format);
            List<Sample> samples = new ArrayList<>();
            AVBSFContext filter = openFilter(stream);
            try {
                AVPacket packet = Ffmpeg.allocated(avcodec.av_packet_alloc(), "a packet");
                try {
                    readSamples(format, stream, filter, packet, samples);
                } finally {
                    avcodec.av_packet_free(packet);
                }
            } finally {
                avcodec.av_bsf_free(filter);
            }
            long announced = stream.nb_frames();
            if (samples.size() < announced) {
                throw new MediaException(
                        Reason.TRUNCATED,
                        "the file ends after " + samples.size() + " of its " + announced + " pictures");
            }
            return new Track(timed(samples, stream.time_base()), frameRateOf(stream));
        }
    }

    private static AVStream findH264(AVFormatContext format) throws MediaException {
        for (int index = 0; index < format.nb_streams(); index++) {
            AVStream stream = format.streams(index);
            if (stream.codecpar().codec_type() == avutil.AVMEDIA_TYPE_VIDEO) {
                int codec = stream.codecpar().codec_id();
                if (codec != avcodec.AV_CODEC_ID_H264) {
                    throw new MediaException(
                            Reason.NOT_H264,
                            "its video is " + avcodec.avcodec_get_name(codec).getString() + ", not H.264");
                }
                return stream;
            }
        }
        throw new MediaException(Reason.NOT_H264, "the file has no video track");
    }

    private static AVBSFContext openFilter(AVStream stream) throws MediaException {
        try (PointerPointer<AVBSFContext> made = new PointerPointer<>(1)) {
            Ffmpeg.check(
                    avcodec.av_bsf_alloc(avcodec.av_bsf_get_by_name("h264_mp4toannexb"), made),
                    Reason.FAILED,
                    "no Annex B filter");
            AVBSFContext filter = made.get(AVBSFContext.class);
            try {
                Ffmpeg.check(
                        avcodec.avcodec_parameters_copy(filter.par_in(), stream.codecpar()),
                        Reason.FAILED,
                        "no codec parameters");
                filter.time_base_in(stream.time_base());
                Ffmpeg.check(avcodec.av_bsf_init(filter), Reason.CORRUPT, "the track's parameter sets are damaged");
                return filter;
            } catch (MediaException | RuntimeException | Error e) {
                avcodec.av_bsf_free(filter);
                throw e;
            }
        }
    }

    private static void readSamples(
            AVFormatContext format, AVStream stream, AVBSFContext filter, AVPacket packet, List<Sample> samples)
            throws MediaException {
        while (true) {
            int result = avformat.av_read_frame(format, packet);
            if (result == Ffmpeg.END) {
                return;
            }
            Ffmpeg.check(result, Reason.TRUNCATED, "a picture cannot be read");
            try {
                if (packet.stream_index() != stream.index()) {
                    continue;
                }
                if ((packet.flags() & avcodec.AV_PKT_FLAG_CORRUPT) != 0) {
                    throw new MediaException(Reason.TRUNCATED, "the file ends inside picture " + (samples.size() + 1));
                }
                samples.add(convert(filter, packet, samples.size()));
            } finally {
                avcodec.av_packet_unref(packet);
            }
        }
    }

    /** The filter gives one packet for one packet. */
    private static Sample convert(AVBSFContext filter, AVPacket packet, int index) throws MediaException {
        String what = "picture " + (index + 1) + " is damaged";
        Ffmpeg.check(avcodec.av_bsf_send_packet(filter, packet), Reason.CORRUPT, what);
        Ffmpeg.check(avcodec.av_bsf_receive_packet(filter, packet), Reason.CORRUPT, what);
        if (packet.pts() == avutil.AV_NOPTS_VALUE) {
            throw new MediaException(Reason.CORRUPT, "picture " + (index + 1) + " has no time");
        }
        byte[] bytes = new byte[packet.size()];
        packet.data().get(bytes);
        return new Sample(MemorySegment.ofArray(bytes), packet.pts(), (packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0);
    }

    private static List<AccessUnit> timed(List<Sample> samples, AVRational timeBase) throws MediaException {
        long first = samples.stream().mapToLong(Sample::pts).min().orElse(0);
        List<AccessUnit> units = new ArrayList<>(samples.size());
        for (Sample sample : samples) {
            try {
                long ticks = Math.subtractExact(sample.pts(), first);
                long micros = Math.multiplyExact(Math.multiplyExact(ticks, MICROS_PER_SECOND), timeBase.num())
                        / timeBase.den();
                units.add(new AccessUnit(sample.data(), micros, sample.key()));
            } catch (ArithmeticException e) {
                throw new MediaException(Reason.CORRUPT, "the pictures' times are damaged", e);
            }
        }
        return units;
    }

    private static FrameRate frameRateOf(AVStream stream) {
        AVRational rate = stream.avg_frame_rate();
        return FrameRate.plausible(rate.num(), rate.den()).orElse(FrameRate.ASSUMED);
    }
}
