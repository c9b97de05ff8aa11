package dev.crossdev.video.device;

import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.FormatDesc.FormatFrame;
import dev.crossdev.virtio.video.FormatDesc.FormatRange;
import dev.crossdev.virtio.video.PlanesLayout;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoFormat;
import java.util.List;

/** What the decoder turns into what: H.264 into pixels as a virtio-gpu resource of B8G8R8A8 holds them. */
final class Capabilities {
    private static final int SMALLEST_SIDE = 16;
    private static final int HIGHEST_RATE = 240;

    private Capabilities() {}

    static List<FormatDesc> of(QueueType queue, DecoderLimits limits) {
        int format = switch (queue) {
            case INPUT -> VideoFormat.H264.number();
            case OUTPUT -> VideoFormat.BGRA8888.number();
        };
        FormatFrame frames = new FormatFrame(
                new FormatRange(SMALLEST_SIDE, limits.maxWidth(), 1),
                new FormatRange(SMALLEST_SIDE, limits.maxHeight(), 1),
                List.of(new FormatRange(1, HIGHEST_RATE, 1)));
        // The one format of each queue goes with the one of the other.
        return List.of(new FormatDesc(1, format, PlanesLayout.SINGLE_BUFFER.number(), 0, List.of(frames)));
    }
}
