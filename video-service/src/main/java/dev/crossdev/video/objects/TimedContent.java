package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.video.device.ObjectContent;
import dev.crossdev.video.device.ObjectLayout;
import dev.crossdev.video.device.PixelTarget.Painter;
import java.time.Duration;
import java.util.List;

/** Tells how long each picture took. */
record TimedContent(ObjectContent content, ImportListener listener) implements ObjectContent {

    @Override
    public String path() {
        return content.path();
    }

    @Override
    public <X extends Exception> void write(ObjectLayout layout, Painter<X> painter, Duration wait, Duration hold)
            throws X {
        long begun = System.nanoTime();
        boolean whole = false;
        try {
            content.write(layout, painter, wait, hold);
            whole = true;
        } finally {
            listener.written(path(), whole, Duration.ofNanos(System.nanoTime() - begun));
        }
    }

    @Override
    public List<FenceInfo> fences() {
        return content.fences();
    }

    @Override
    public boolean orphan() {
        return content.orphan();
    }
}
