package dev.crossdev.video.device;

import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.video.device.PixelTarget.Painter;
import java.time.Duration;
import java.util.List;

/** How an object's bytes are replaced from here: mapped, or sent to where they are. */
public interface ObjectContent {

    /** For people and metrics. */
    String path();

    /**
     * As {@link PixelTarget#write}.
     *
     * @param layout what the painter writes: pixels at their places, or every byte when it has none
     */
    <X extends Exception> void write(ObjectLayout layout, Painter<X> painter, Duration wait, Duration hold) throws X;

    /** Who is at work on it now, as far as that can be seen from here. */
    List<FenceInfo> fences();

    /**
     * The exporter no longer counts the hold.
     *
     * @return whether it can be written all the same
     */
    boolean orphan();
}
