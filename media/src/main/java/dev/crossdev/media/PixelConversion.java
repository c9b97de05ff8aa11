package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;

/**
 * One step of libswscale from one pixel format to another at the same size, with accurate rounding, bit-exact code
 * paths and chroma interpolated to full resolution: the same bytes on every machine.
 */
final class PixelConversion implements AutoCloseable {
    private static final int FLAGS = swscale.SWS_BILINEAR
            | swscale.SWS_ACCURATE_RND
            | swscale.SWS_BITEXACT
            | swscale.SWS_FULL_CHR_H_INT
            | swscale.SWS_FULL_CHR_H_INP;
    /** Contrast and saturation as they are, in libswscale's 16.16 fixed point. */
    private static final int UNCHANGED = 1 << 16;

    private final SwsContext context;
    private final int height;

    private PixelConversion(SwsContext context, int height) {
        this.context = context;
        this.height = height;
    }

    /**
     * A conversion that turns luma and chroma into full-range red, green and blue.
     *
     * @param chromaLocation libavutil's number of where the stream's chroma samples lie
     */
    static PixelConversion toRgb(
            int width, int height, int from, int to, ColorMatrix matrix, boolean fullRange, int chromaLocation)
            throws MediaException {
        PixelConversion made = new PixelConversion(allocate(width, height, from, to), height);
        try {
            placeChroma(made.context, chromaLocation);
            made.initialize();
            IntPointer coefficients = swscale.sws_getCoefficients(matrix.swscaleNumber());
            // It answers -1 for sources that have no matrix, such as RGB: there is nothing to be set then.
            swscale.sws_setColorspaceDetails(
                    made.context, coefficients, fullRange ? 1 : 0, coefficients, 1, 0, UNCHANGED, UNCHANGED);
            return made;
        } catch (MediaException | RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    /** A conversion that only moves the samples of a pixel. */
    static PixelConversion reorder(int width, int height, int from, int to) throws MediaException {
        PixelConversion made = new PixelConversion(allocate(width, height, from, to), height);
        try {
            made.initialize();
            return made;
        } catch (MediaException | RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    void run(AVFrame source, AVFrame destination) throws MediaException {
        int rows = swscale.sws_scale(
                context, source.data(), source.linesize(), 0, height, destination.data(), destination.linesize());
        if (rows != height) {
            throw new MediaException(Reason.FAILED, "libswscale converted " + rows + " of " + height + " rows");
        }
    }

    private static SwsContext allocate(int width, int height, int from, int to) throws MediaException {
        SwsContext context = Ffmpeg.allocated(swscale.sws_alloc_context(), "a converter");
        context.flags(FLAGS);
        context.src_w(width).src_h(height).src_format(from);
        context.dst_w(width).dst_h(height).dst_format(to);
        return context;
    }

    private void initialize() throws MediaException {
        Ffmpeg.check(
                swscale.sws_init_context(context, (@Nullable SwsFilter) null, (@Nullable SwsFilter) null),
                Reason.UNSUPPORTED,
                "pictures of this pixel format cannot be converted");
    }

    /**
     * H.264 without a chroma location means the left one (ITU-T H.264, E.2.1, chroma_sample_loc_type_top_field).
     * Positions are in 1/256 of a luma pixel; they mean nothing where chroma is not subsampled.
     */
    private static void placeChroma(SwsContext context, int chromaLocation) {
        int location = chromaLocation == avutil.AVCHROMA_LOC_UNSPECIFIED ? avutil.AVCHROMA_LOC_LEFT : chromaLocation;
        int[] horizontal = new int[1];
        int[] vertical = new int[1];
        if (avutil.av_chroma_location_enum_to_pos(horizontal, vertical, location) >= 0) {
            context.src_h_chr_pos(horizontal[0]).src_v_chr_pos(vertical[0]);
        }
    }

    @Override
    public void close() {
        swscale.sws_freeContext(context);
    }
}
