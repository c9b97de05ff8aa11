package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.video.device.ObjectContent;
import dev.crossdev.video.device.ObjectLayout;
import dev.crossdev.video.device.PixelTarget.Painter;
import dev.crossdev.video.objects.WriteListener.Outcome;
import java.time.Duration;
import java.util.List;

/** Tells how long each picture took. */
record TimedContent(ObjectContent content, WriteListener listener) implements ObjectContent {

    @Override
    public String path() {
        return content.path();
    }

    @Override
    public <X extends Exception> void write(ObjectLayout layout, Painter<X> painter, Duration wait, Duration hold)
            throws X {
        long begun = System.nanoTime();
        Outcome outcome = Outcome.FAILED;
        try {
            content.write(layout, painter, wait, hold);
            outcome = Outcome.OK;
        } catch (ErrnoException e) {
            outcome = e.errno() == Errno.EINTR ? Outcome.INTERRUPTED : Outcome.FAILED;
            throw e;
        } finally {
            listener.written(outcome, path(), Duration.ofNanos(System.nanoTime() - begun));
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
