package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParserContext;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;

/** Cuts an Annex B byte stream into access units by libavcodec's parser, which keeps both fields of a picture together. */
final class AnnexBSplitter {
    private AnnexBSplitter() {}

    /** One access unit without a presentation time. */
    record Unit(MemorySegment data, boolean key) {}

    static List<Unit> split(NativeBytes file) throws MediaException {
        AVCodecContext context = Ffmpeg.allocated(
                avcodec.avcodec_alloc_context3(avcodec.avcodec_find_decoder(avcodec.AV_CODEC_ID_H264)), "a parser");
        try {
            AVCodecParserContext parser =
                    Ffmpeg.allocated(avcodec.av_parser_init(avcodec.AV_CODEC_ID_H264), "a parser");
            try {
                return split(file, parser, context);
            } finally {
                avcodec.av_parser_close(parser);
            }
        } finally {
            avcodec.avcodec_free_context(context);
        }
    }

    private static List<Unit> split(NativeBytes file, AVCodecParserContext parser, AVCodecContext context)
            throws MediaException {
        List<Unit> units = new ArrayList<>();
        try (PointerPointer<BytePointer> out = new PointerPointer<>(1);
                IntPointer outSize = new IntPointer(1)) {
            int position = 0;
            boolean ended = false;
            while (!ended) {
                int remaining = file.size() - position;
                // No bytes left makes the parser give out what it holds.
                ended = remaining == 0;
                int used = Ffmpeg.check(
                        avcodec.av_parser_parse2(
                                parser,
                                context,
                                out,
                                outSize,
                                file.pointer(position),
                                remaining,
                                avutil.AV_NOPTS_VALUE,
                                avutil.AV_NOPTS_VALUE,
                                position),
                        Reason.CORRUPT,
                        "the stream cannot be cut into pictures");
                position += used;
                int size = outSize.get();
                if (size > 0) {
                    byte[] unit = new byte[size];
                    out.get(BytePointer.class, 0).get(unit);
                    units.add(new Unit(MemorySegment.ofArray(unit), parser.key_frame() == 1));
                } else if (used == 0 && !ended) {
                    throw new MediaException(Reason.CORRUPT, "the stream cannot be cut into pictures");
                }
            }
        }
        return units;
    }
}
