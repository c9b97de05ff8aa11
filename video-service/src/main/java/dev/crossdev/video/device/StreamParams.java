package dev.crossdev.video.device;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoFeature;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoParams.Crop;
import dev.crossdev.virtio.video.VideoParams.PlaneFormat;
import java.util.List;

/** What a stream's two queues carry. Guarded by the device's lock. */
final class StreamParams {
    /** What crosvm's decoder says before it has seen the stream. */
    private static final int WIDTH_BEFORE = 640;

    private static final int HEIGHT_BEFORE = 480;
    private static final int INPUT_BYTES_BEFORE = 1 << 20;

    private static final int BYTES_PER_PIXEL = 4;

    private final DecoderLimits limits;
    private MemType inputMemory;
    private MemType outputMemory;
    private int inputBytes;
    private int width = WIDTH_BEFORE;
    private int height = HEIGHT_BEFORE;
    private int frameRate;
    private boolean resolutionKnown;

    StreamParams(MemType inputMemory, MemType outputMemory, DecoderLimits limits) {
        this.inputMemory = inputMemory;
        this.outputMemory = outputMemory;
        this.limits = limits;
        inputBytes = Math.min(INPUT_BYTES_BEFORE, limits.inputBytes());
    }

    /** Whether a queue's buffers can be of that kind: bitstream only comes from guest memory here. */
    static boolean supports(QueueType queue, MemType memory, Features accepted) {
        return switch (memory) {
            case GUEST_PAGES -> accepted.has(VideoFeature.RESOURCE_GUEST_PAGES);
            case VIRTIO_OBJECT -> queue == QueueType.OUTPUT && accepted.has(VideoFeature.RESOURCE_VIRTIO_OBJECT);
        };
    }

    MemType memory(QueueType queue) {
        return switch (queue) {
            case INPUT -> inputMemory;
            case OUTPUT -> outputMemory;
        };
    }

    void memory(QueueType queue, MemType memory) {
        switch (queue) {
            case INPUT -> inputMemory = memory;
            case OUTPUT -> outputMemory = memory;
        }
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Frames per second, 0 when the stream does not say. */
    int frameRate() {
        return frameRate;
    }

    /** The layout of an output in guest pages: tightly packed rows. */
    ObjectLayout packedLayout(long offset) {
        return new ObjectLayout(0, width, height, width * BYTES_PER_PIXEL, offset, offset + outputBytes());
    }

    long outputBytes() {
        return (long) width * BYTES_PER_PIXEL * height;
    }

    VideoParams get(QueueType queue) {
        return switch (queue) {
            case INPUT -> params(queue, VideoFormat.H264, new PlaneFormat(inputBytes, 0));
            // The picture is written once it is complete, so one output suffices; none is held back for the end.
            case OUTPUT ->
                params(
                        queue,
                        VideoFormat.BGRA8888,
                        new PlaneFormat(Math.toIntExact(outputBytes()), width * BYTES_PER_PIXEL));
        };
    }

    private VideoParams params(QueueType queue, VideoFormat format, PlaneFormat plane) {
        return new VideoParams(
                queue,
                format.number(),
                width,
                height,
                1,
                limits.buffers(),
                new Crop(0, 0, width, height),
                frameRate,
                List.of(plane));
    }

    /** Whether the queue's format can be set to that. */
    boolean accepts(VideoParams wanted) {
        return switch (wanted.queueType()) {
            case INPUT ->
                wanted.format() == VideoFormat.H264.number()
                        && wanted.planes().size() == 1
                        && Integer.compareUnsigned(wanted.planes().getFirst().planeSize(), limits.inputBytes()) <= 0;
            case OUTPUT -> wanted.format() == VideoFormat.BGRA8888.number();
        };
    }

    /** Takes over what a driver may decide: of an input the buffer size; an output is what the stream says (crosvm). */
    void set(VideoParams wanted) {
        if (wanted.queueType() == QueueType.INPUT && wanted.planes().getFirst().planeSize() != 0) {
            inputBytes = wanted.planes().getFirst().planeSize();
        }
    }

    /**
     * What the stream says of its pictures.
     *
     * @param rate frames per second, 0 when the stream does not say
     * @return whether the resolution changed, for the first time too
     */
    boolean update(int newWidth, int newHeight, int rate) {
        if (resolutionKnown && newWidth == width && newHeight == height) {
            return false;
        }
        resolutionKnown = true;
        width = newWidth;
        height = newHeight;
        frameRate = rate;
        return true;
    }
}
