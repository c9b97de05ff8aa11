package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;

/**
 * Colour conversion by libswscale without scaling, the same on every machine: accurate rounding, bit-exact code paths
 * and chroma interpolated to full resolution. The context is kept as long as the pictures stay alike.
 */
final class PictureConverter implements AutoCloseable {
    // Without FULL_CHR_H_INT, libswscale's packed writers work in blocks that spill into the stride's padding.
    private static final int FLAGS = swscale.SWS_BICUBIC
            | swscale.SWS_ACCURATE_RND
            | swscale.SWS_BITEXACT
            | swscale.SWS_FULL_CHR_H_INT
            | swscale.SWS_FULL_CHR_H_INP;
    private static final int UNITY = 1 << 16;

    private record Setting(
            int width,
            int height,
            int pixelFormat,
            ColorMatrix matrix,
            boolean fullRange,
            int chromaLocation,
            RgbLayout layout) {}

    private final AVFrame target;
    private @Nullable SwsContext context;
    private @Nullable Setting setting;

    PictureConverter() throws MediaException {
        target = Ffmpeg.allocated(avutil.av_frame_alloc(), "a frame");
    }

    /** Whether luma spans 0..255; what the pixel format implies counts when the stream says nothing. */
    static boolean isFullRange(int colorRange, int pixelFormat) {
        return switch (colorRange) {
            case avutil.AVCOL_RANGE_JPEG -> true;
            case avutil.AVCOL_RANGE_MPEG -> false;
            default ->
                switch (pixelFormat) {
                    case avutil.AV_PIX_FMT_YUVJ420P, avutil.AV_PIX_FMT_YUVJ422P, avutil.AV_PIX_FMT_YUVJ444P -> true;
                    default -> false;
                };
        };
    }

    void convert(
            AVFrame picture,
            ColorMatrix matrix,
            boolean fullRange,
            MemorySegment destination,
            long offset,
            int strideBytes,
            RgbLayout layout)
            throws MediaException {
        int width = picture.width();
        int height = picture.height();
        MemorySegment area = checkedArea(width, height, destination, offset, strideBytes);
        SwsContext scaler = prepare(
                new Setting(width, height, picture.format(), matrix, fullRange, picture.chroma_location(), layout));
        // The buffer only carries the address; the caller keeps the memory mapped.
        BytePointer start = new BytePointer(area.asByteBuffer());
        target.data(0, start);
        target.linesize(0, strideBytes);
        try {
            int rows = swscale.sws_scale(
                    scaler, picture.data(), picture.linesize(), 0, height, target.data(), target.linesize());
            if (rows != height) {
                throw new MediaException(Reason.FAILED, "libswscale converted " + rows + " of " + height + " rows");
            }
        } finally {
            target.data(0, new BytePointer());
        }
    }

    /** The bytes from the first row's start to the last row's end; native code gets nothing that was not checked. */
    private static MemorySegment checkedArea(
            int width, int height, MemorySegment destination, long offset, int strideBytes) {
        long rowBytes = (long) width * RgbLayout.BYTES_PER_PIXEL;
        if (strideBytes < rowBytes) {
            throw new IllegalArgumentException("a stride of " + strideBytes + " bytes for rows of " + rowBytes);
        }
        if (!destination.isNative() || destination.isReadOnly()) {
            throw new IllegalArgumentException("the destination is not writable native memory");
        }
        long size = Math.addExact(Math.multiplyExact(height - 1L, strideBytes), rowBytes);
        Objects.checkFromIndexSize(offset, size, destination.byteSize());
        return destination.asSlice(offset, size);
    }

    private SwsContext prepare(Setting wanted) throws MediaException {
        SwsContext present = context;
        if (present != null && wanted.equals(setting)) {
            return present;
        }
        release();
        SwsContext made = Ffmpeg.allocated(swscale.sws_alloc_context(), "a converter");
        try {
            made.flags(FLAGS);
            made.src_w(wanted.width).src_h(wanted.height).src_format(wanted.pixelFormat);
            made.dst_w(wanted.width).dst_h(wanted.height).dst_format(wanted.layout.pixelFormat());
            placeChroma(made, wanted.chromaLocation);
            Ffmpeg.check(
                    swscale.sws_init_context(made, (@Nullable SwsFilter) null, (@Nullable SwsFilter) null),
                    Reason.UNSUPPORTED,
                    "pictures of this pixel format cannot be converted");
            IntPointer coefficients = swscale.sws_getCoefficients(wanted.matrix.swscaleNumber());
            int full = 1;
            // The answer is -1 for sources that have no matrix, such as grey and RGB: nothing to be set there.
            swscale.sws_setColorspaceDetails(
                    made, coefficients, wanted.fullRange ? 1 : 0, coefficients, full, 0, UNITY, UNITY);
        } catch (MediaException | RuntimeException | Error e) {
            swscale.sws_freeContext(made);
            throw e;
        }
        context = made;
        setting = wanted;
        return made;
    }

    /**
     * H.264 without a chroma location means the left one (ITU-T H.264, E.2.1, chroma_sample_loc_type). Positions are
     * in 1/256 of a luma pixel; they mean nothing where chroma is not subsampled.
     */
    private static void placeChroma(SwsContext made, int chromaLocation) {
        int location = chromaLocation == avutil.AVCHROMA_LOC_UNSPECIFIED ? avutil.AVCHROMA_LOC_LEFT : chromaLocation;
        int[] horizontal = new int[1];
        int[] vertical = new int[1];
        if (avutil.av_chroma_location_enum_to_pos(horizontal, vertical, location) >= 0) {
            made.src_h_chr_pos(horizontal[0]).src_v_chr_pos(vertical[0]);
        }
    }

    private void release() {
        SwsContext present = context;
        context = null;
        setting = null;
        if (present != null) {
            swscale.sws_freeContext(present);
        }
    }

    @Override
    public void close() {
        release();
        avutil.av_frame_free(target);
    }
}
