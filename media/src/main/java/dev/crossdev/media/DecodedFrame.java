package dev.crossdev.media;

import java.lang.foreign.MemorySegment;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * One decoded picture, cropped to what is visible. It holds native memory until it is closed; its facts stay readable
 * afterwards.
 */
public final class DecodedFrame implements AutoCloseable {
    private final H264Decoder decoder;
    private final AVFrame picture;
    private final int width;
    private final int height;
    private final long timestamp;
    private final boolean key;
    private final boolean corrupt;
    private final char pictureType;
    private final ColorMatrix matrix;
    private final boolean fullRange;
    private boolean closed;

    DecodedFrame(H264Decoder decoder, AVFrame picture) {
        this.decoder = decoder;
        this.picture = picture;
        width = picture.width();
        height = picture.height();
        timestamp = picture.pts();
        key = (picture.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0;
        corrupt = (picture.flags() & AVFrame.AV_FRAME_FLAG_CORRUPT) != 0 || picture.decode_error_flags() != 0;
        pictureType = (char) avutil.av_get_picture_type_char(picture.pict_type());
        matrix = ColorMatrix.of(picture.colorspace(), width, height);
        fullRange = PictureConverter.isFullRange(picture.color_range(), picture.format());
    }

    /** Visible width in pixels. */
    public int width() {
        return width;
    }

    /** Visible height in pixels. */
    public int height() {
        return height;
    }

    /** What was given with the access unit. */
    public long timestamp() {
        return timestamp;
    }

    /** Whether decoding can start at this picture. */
    public boolean key() {
        return key;
    }

    /** Whether parts were lost and concealed. */
    public boolean corrupt() {
        return corrupt;
    }

    /** {@code I}, {@code P}, {@code B}, or {@code ?}. */
    public char pictureType() {
        return pictureType;
    }

    /** The colour matrix, guessed from the size when the stream does not say. */
    public ColorMatrix matrix() {
        return matrix;
    }

    /** Whether luma uses 0..255 instead of 16..235. */
    public boolean fullRange() {
        return fullRange;
    }

    /** Size of the picture in any {@link RgbLayout} without padding, in bytes. */
    public long packedSize() {
        return (long) width * height * RgbLayout.BYTES_PER_PIXEL;
    }

    /**
     * Converts the picture into memory of the caller. Exactly {@code width * 4} bytes of each row are written; the same
     * picture gives the same bytes whatever the destination's alignment and stride.
     *
     * @param destination native memory that stays mapped until this returns
     * @param offset of the first row's first byte, in bytes
     * @param strideBytes from one row's start to the next one's, at least {@code width * 4}
     * @param layout order of the bytes of a pixel
     * @throws IndexOutOfBoundsException when the last row would end beyond the destination; nothing is written then
     * @throws IllegalArgumentException when the destination is not native, is read-only, or the stride is too small
     * @throws IllegalStateException when the frame is closed, or the destination unmapped or confined to another thread
     * @throws MediaException {@link MediaException.Reason#UNSUPPORTED} for a pixel format that cannot be converted
     */
    public void convertTo(MemorySegment destination, long offset, int strideBytes, RgbLayout layout)
            throws MediaException {
        synchronized (decoder) {
            if (closed) {
                throw new IllegalStateException("the frame is closed");
            }
            decoder.converter().convert(picture, matrix, fullRange, destination, offset, strideBytes, layout);
        }
    }

    /** Converts the picture into tightly packed rows at the destination's start. */
    public void convertTo(MemorySegment destination, RgbLayout layout) throws MediaException {
        convertTo(destination, 0, width * RgbLayout.BYTES_PER_PIXEL, layout);
    }

    /** Frees the picture. */
    @Override
    public void close() {
        synchronized (decoder) {
            if (!closed) {
                closed = true;
                decoder.forget(this);
                avutil.av_frame_free(picture);
            }
        }
    }
}
