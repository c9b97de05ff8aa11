package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * Decodes H.264 access units in Annex B into pictures in display order.
 *
 * <p>After each {@link #send}, {@link #receive} until it answers empty; a unit gives no picture, one, or (when the
 * resolution changes) several. {@link #drain} lets the held-back pictures out; {@link #flush} forgets them and makes
 * the decoder ready for another sequence.
 *
 * <p>The decoder and its frames share native state: their calls are serialised, from whatever threads they come, and
 * none of them blocks for longer than its own work takes. Closing the decoder closes its frames.
 */
public final class H264Decoder implements AutoCloseable {
    /** The largest picture decoded unless told otherwise, in pixels: 4096 x 2304. */
    public static final long DEFAULT_MAX_PIXELS = 4096L * 2304;

    private final AVCodecContext context;
    private final AVPacket packet;
    private final PictureConverter converter;
    private final Set<DecodedFrame> frames = new HashSet<>();
    private boolean draining;
    private boolean drained;
    private boolean closed;

    /** A decoder with one thread and the default limit. */
    public H264Decoder() throws MediaException {
        this(1, DEFAULT_MAX_PIXELS);
    }

    /**
     * @param threads threads that share the slices of one picture; 1 decodes on the caller's. Pictures are never
     *     decoded side by side: that would delay both the first picture and the first sight of the resolution.
     * @param maxPixels pictures with more pixels than this are refused as {@link Reason#CORRUPT}
     * @throws MediaException {@link Reason#FAILED} without memory
     */
    public H264Decoder(int threads, long maxPixels) throws MediaException {
        if (threads < 1 || maxPixels < 1) {
            throw new IllegalArgumentException("threads " + threads + ", max pixels " + maxPixels);
        }
        Ffmpeg.load();
        AVCodec codec = Ffmpeg.allocated(avcodec.avcodec_find_decoder(avcodec.AV_CODEC_ID_H264), "an H.264 decoder");
        context = Ffmpeg.allocated(avcodec.avcodec_alloc_context3(codec), "an H.264 decoder");
        AVPacket allocatedPacket = null;
        try {
            context.thread_count(threads);
            context.thread_type(AVCodecContext.FF_THREAD_SLICE);
            context.max_pixels(maxPixels);
            // Exact cropping: without it the left edge is moved for the sake of alignment.
            context.flags(context.flags() | avcodec.AV_CODEC_FLAG_UNALIGNED);
            // Without reordering limits in the stream, wait for as many pictures as its level allows instead of
            // guessing and showing pictures out of order (h264_ps.c, num_reorder_frames).
            context.strict_std_compliance(avcodec.FF_COMPLIANCE_STRICT);
            allocatedPacket = Ffmpeg.allocated(avcodec.av_packet_alloc(), "a packet");
            Ffmpeg.check(
                    avcodec.avcodec_open2(context, codec, (AVDictionary) null),
                    Reason.FAILED,
                    "the H.264 decoder does not open");
            packet = allocatedPacket;
            converter = new PictureConverter();
        } catch (MediaException | RuntimeException | Error e) {
            if (allocatedPacket != null) {
                avcodec.av_packet_free(allocatedPacket);
            }
            avcodec.avcodec_free_context(context);
            throw e;
        }
    }

    /**
     * Decodes one access unit.
     *
     * @param accessUnit Annex B bytes, copied before this returns; parameter sets may come without a picture, empty is
     *     {@link Reason#CORRUPT}
     * @param timestamp given back with the picture, in whatever unit the caller uses
     * @throws MediaException {@link Reason#CORRUPT} when nothing in the unit can be decoded; the decoder goes on with
     *     the next one
     * @throws IllegalStateException after {@link #drain} without {@link #flush}, after {@link #close}, or with pictures
     *     not yet received
     */
    public synchronized void send(MemorySegment accessUnit, long timestamp) throws MediaException {
        requireOpen();
        if (draining) {
            throw new IllegalStateException("the decoder was drained: flush it before sending on");
        }
        long size = accessUnit.byteSize();
        // An empty packet would mean the end of the stream to the decoder.
        if (size == 0 || size > Integer.MAX_VALUE - avcodec.AV_INPUT_BUFFER_PADDING_SIZE) {
            throw new MediaException(Reason.CORRUPT, "an access unit of " + size + " bytes");
        }
        Ffmpeg.check(avcodec.av_new_packet(packet, (int) size), Reason.FAILED, "no packet of " + size + " bytes");
        try {
            MemorySegment.ofBuffer(packet.data().capacity(size).asByteBuffer()).copyFrom(accessUnit);
            packet.pts(timestamp);
            int result = avcodec.avcodec_send_packet(context, packet);
            if (result == Ffmpeg.AGAIN) {
                throw new IllegalStateException("receive the decoded pictures before sending on");
            }
            if (result == avutil.AVERROR_INVALIDDATA && NalUnits.accompanyPictures(accessUnit)) {
                // Parameter sets that come alone are kept by the decoder, which complains of the missing picture.
                return;
            }
            Ffmpeg.check(result, Reason.CORRUPT, "an access unit cannot be decoded");
        } finally {
            avcodec.av_packet_unref(packet);
        }
    }

    /**
     * The next picture in display order, to be closed by the caller; empty when another access unit is needed, or when
     * all were received after {@link #drain}.
     *
     * @throws MediaException {@link Reason#CORRUPT} when a picture cannot be decoded; call again for the next
     */
    public synchronized Optional<DecodedFrame> receive() throws MediaException {
        requireOpen();
        if (drained) {
            return Optional.empty();
        }
        AVFrame picture = Ffmpeg.allocated(avutil.av_frame_alloc(), "a frame");
        boolean kept = false;
        try {
            int result = avcodec.avcodec_receive_frame(context, picture);
            if (result == Ffmpeg.AGAIN) {
                return Optional.empty();
            }
            if (result == Ffmpeg.END) {
                drained = true;
                return Optional.empty();
            }
            Ffmpeg.check(result, Reason.CORRUPT, "a picture cannot be decoded");
            DecodedFrame frame = new DecodedFrame(this, picture);
            frames.add(frame);
            kept = true;
            return Optional.of(frame);
        } finally {
            if (!kept) {
                avutil.av_frame_free(picture);
            }
        }
    }

    /** Says that no access unit follows: {@link #receive} gives out all pictures held back for reordering. */
    public synchronized void drain() throws MediaException {
        requireOpen();
        if (draining) {
            return;
        }
        int result = avcodec.avcodec_send_packet(context, (@Nullable AVPacket) null);
        if (result == Ffmpeg.AGAIN) {
            throw new IllegalStateException("receive the decoded pictures before draining");
        }
        Ffmpeg.check(result, Reason.FAILED, "the decoder does not drain");
        draining = true;
    }

    /** Whether {@link #drain} was called and every picture has been received. */
    public synchronized boolean drained() {
        return drained;
    }

    /** Forgets all pictures not yet received; the next unit sent must be one where decoding can start. */
    public synchronized void flush() {
        requireOpen();
        avcodec.avcodec_flush_buffers(context);
        draining = false;
        drained = false;
    }

    /**
     * The stream's format as of the last unit sent: known as soon as the first unit with a picture was sent, before
     * that picture is received.
     */
    public synchronized Optional<StreamFormat> format() {
        requireOpen();
        int width = context.width();
        int height = context.height();
        if (width <= 0 || height <= 0) {
            return Optional.empty();
        }
        return Optional.of(new StreamFormat(
                width,
                height,
                context.coded_width(),
                context.coded_height(),
                ColorMatrix.of(context.colorspace(), width, height),
                PictureConverter.isFullRange(context.color_range(), context.pix_fmt())));
    }

    /** The rate that the stream's timing information says, if it is a plausible one, once {@link #format} is known. */
    public synchronized Optional<FrameRate> frameRate() {
        requireOpen();
        AVRational rate = context.framerate();
        return FrameRate.plausible(rate.num(), rate.den());
    }

    /** Frees the decoder and every frame not yet closed. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Set.copyOf(frames).forEach(DecodedFrame::close);
        converter.close();
        avcodec.av_packet_free(packet);
        avcodec.avcodec_free_context(context);
    }

    PictureConverter converter() {
        return converter;
    }

    void forget(DecodedFrame frame) {
        frames.remove(frame);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the decoder is closed");
        }
    }
}
