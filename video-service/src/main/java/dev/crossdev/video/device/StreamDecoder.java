package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.media.DecodedFrame;
import dev.crossdev.media.H264Decoder;
import dev.crossdev.media.MediaException;
import dev.crossdev.media.RgbLayout;
import dev.crossdev.video.device.BufferQueue.Queued;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A stream's decoder: takes inputs, holds at most one picture until an output is there for it, and fills outputs in
 * display order. Runs on the stream's own thread, which alone touches what is native here.
 */
final class StreamDecoder implements Runnable {
    private static final Logger LOG = System.getLogger(StreamDecoder.class.getName());

    /**
     * Access units that may be inside the decoder at once. H.264 reorders at most 16 pictures of two fields each; units
     * that never gave a picture must not add up.
     */
    private static final int MAX_UNITS_INSIDE = 64;

    /** Pictures that may fail one after another before the decoder is asked for another access unit. */
    private static final int MAX_LOST_PICTURES = 64;

    private final DecoderStream stream;
    private final DecoderLimits limits;
    private final Map<Long, Long> timestamps = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
            return size() > MAX_UNITS_INSIDE;
        }
    };

    private long units;
    private @Nullable DecodedFrame picture;
    private boolean draining;

    /**
     * Whether pictures of a known format may be inside. A sequence's first format is told as soon
     * as it was parsed, so that the driver can make outputs; a later one when its first picture's turn has come.
     */
    private boolean formatKnown;

    StreamDecoder(DecoderStream stream, DecoderLimits limits) {
        this.stream = stream;
        this.limits = limits;
    }

    /** What the decoder can do next, apart from obeying. */
    enum State {
        /** No picture can be had without another access unit. */
        WANTS_INPUT,
        /** A picture waits for an output. */
        HOLDS_PICTURE,
        /** Drained, and every picture has been delivered. */
        DRAINED
    }

    /** What the stream tells the decoder to do. */
    sealed interface Step {
        /** Decode an access unit. */
        record Consume(Queued<InputBuffer> input) implements Step {}

        /** Write the held picture. */
        record Fill(Queued<OutputBuffer> output) implements Step {}

        /** No input follows: give out all pictures. */
        record Drain() implements Step {}

        /**
         * Hold nothing of the driver's for a moment, in which the stream does {@code then}.
         *
         * @param forget drop the pictures inside as well, and be ready for another sequence
         */
        record Pause(boolean forget, Runnable then) implements Step {}

        /** End. */
        record Stop() implements Step {}
    }

    @Override
    @SuppressWarnings("CatchingUnchecked") // whatever goes wrong, the driver is told and the stream ends cleanly
    public void run() {
        try (H264Decoder decoder = new H264Decoder(1, limits.maxPixels())) {
            decode(decoder);
        } catch (MediaException | RuntimeException | LinkageError | OutOfMemoryError e) {
            LOG.log(Level.ERROR, "the decoder of stream " + Integer.toUnsignedString(stream.id()) + " failed", e);
            stream.failed();
        } finally {
            stream.ended();
        }
    }

    private void decode(H264Decoder decoder) throws MediaException {
        while (true) {
            switch (stream.next(state())) {
                case Step.Consume(Queued<InputBuffer> input) -> consume(decoder, input);
                case Step.Fill(Queued<OutputBuffer> output) -> fill(decoder, output);
                case Step.Drain() -> {
                    decoder.drain();
                    draining = true;
                    fetch(decoder);
                }
                case Step.Pause(boolean forget, Runnable then) -> {
                    if (forget) {
                        drop();
                        timestamps.clear();
                        decoder.flush();
                        draining = false;
                        formatKnown = false;
                    }
                    then.run();
                }
                case Step.Stop() -> {
                    return;
                }
            }
        }
    }

    private State state() {
        if (picture != null) {
            return State.HOLDS_PICTURE;
        }
        return draining ? State.DRAINED : State.WANTS_INPUT;
    }

    private void consume(H264Decoder decoder, Queued<InputBuffer> input) throws MediaException {
        boolean decoded;
        try {
            decoded = send(decoder, input);
        } catch (ErrnoException e) {
            LOG.log(Level.DEBUG, "an input buffer cannot be read", e);
            decoded = false;
        }
        if (!formatKnown) {
            decoder.format().ifPresent(format -> {
                formatKnown = true;
                stream.formatKnown(format.width(), format.height(), decoder.frameRate());
            });
        }
        stream.consumed(decoded);
        fetch(decoder);
    }

    /** Whether the access unit could be decoded. */
    private boolean send(H264Decoder decoder, Queued<InputBuffer> input) throws MediaException {
        if (input.dataSize() == 0) {
            return true;
        }
        // A copy of the decoder's own: the guest can write to its memory while it is parsed.
        MemorySegment unit = MemorySegment.ofArray(input.buffer().read(input.dataSize()));
        // The guest's timestamp may be any 64 bits, one of which means "none" to FFmpeg; a number of ours never is.
        long number = units++;
        timestamps.put(number, input.timestamp());
        try {
            decoder.send(unit, number);
            return true;
        } catch (MediaException e) {
            if (e.reason() != MediaException.Reason.CORRUPT) {
                throw e;
            }
            timestamps.remove(number);
            LOG.log(Level.DEBUG, "an access unit was skipped", e);
            return false;
        }
    }

    /** Looks for the next picture in display order. */
    private void fetch(H264Decoder decoder) throws MediaException {
        for (int lost = 0; picture == null && lost < MAX_LOST_PICTURES; ) {
            try {
                Optional<DecodedFrame> next = decoder.receive();
                if (next.isEmpty()) {
                    return;
                }
                DecodedFrame frame = next.get();
                picture = frame;
                stream.formatKnown(frame.width(), frame.height(), decoder.frameRate());
            } catch (MediaException e) {
                if (e.reason() != MediaException.Reason.CORRUPT) {
                    throw e;
                }
                lost++;
                LOG.log(Level.DEBUG, "a picture was lost", e);
            }
        }
    }

    private void fill(H264Decoder decoder, Queued<OutputBuffer> output) throws MediaException {
        DecodedFrame frame = picture;
        if (frame == null) {
            throw new IllegalStateException("no picture to write");
        }
        stream.filled(write(frame, output.buffer().target()));
        if (picture == null) {
            fetch(decoder);
        }
    }

    /** The answer for the output. A picture that was written, or never can be, is no longer held afterwards. */
    private VideoResponse write(DecodedFrame frame, PixelTarget target) {
        ObjectLayout layout = target.layout();
        try {
            target.write(
                    memory -> frame.convertTo(memory, layout.offset(), layout.stride(), RgbLayout.BGRA),
                    limits.fenceWait(),
                    limits.fenceHold());
        } catch (ErrnoException e) {
            // Nothing is wrong with the picture: it waits for the next output.
            LOG.log(Level.DEBUG, "an output could not be written", e);
            return OkResourceQueue.TAKEN_BACK;
        } catch (MediaException | IndexOutOfBoundsException | IllegalArgumentException e) {
            LOG.log(Level.WARNING, "a picture could not be converted", e);
            drop();
            return OkResourceQueue.TAKEN_BACK;
        }
        Long timestamp = timestamps.remove(frame.timestamp());
        VideoResponse answer = new OkResourceQueue(
                timestamp == null ? 0 : timestamp, flags(frame), Math.toIntExact(frame.packedSize()));
        drop();
        return answer;
    }

    private static int flags(DecodedFrame frame) {
        int type = switch (frame.pictureType()) {
            case 'I' -> BufferFlags.IFRAME;
            case 'P' -> BufferFlags.PFRAME;
            case 'B' -> BufferFlags.BFRAME;
            default -> 0;
        };
        return frame.corrupt() ? type | BufferFlags.ERR : type;
    }

    private void drop() {
        if (picture != null) {
            picture.close();
            picture = null;
        }
    }
}
