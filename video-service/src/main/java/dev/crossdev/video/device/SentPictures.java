package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.video.device.PixelTarget.Painter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;

/**
 * Content that cannot be mapped here: a picture is painted into memory of this process and then sent, and it is written
 * when the exporter has said so.
 *
 * <p>No fence is held while the picture is painted or travels. The object's own bytes are not touched by that, and whoever
 * looks at them sees the picture before, whole; the exporter takes the WRITE fence when it has every byte of the new one, for
 * as long as putting them there takes.
 */
public final class SentPictures implements ObjectContent {
    private final Sender sender;

    /** The way to the exporter. */
    @FunctionalInterface
    public interface Sender {
        /**
         * Has the exporter take pixels over. Waits until it has.
         *
         * @param bytes the object's first ones, the pixels among them at their places
         * @param layout of the object: between its rows nothing is sent
         * @param limit after which it is given up
         * @throws ErrnoException and the exporter has all of it or nothing: ETIMEDOUT, EINTR (the flag stays set), ENODEV
         *     when the exporter is gone, ENOENT when it no longer has the object
         */
        void send(MemorySegment bytes, ObjectLayout layout, Duration limit);
    }

    public SentPictures(Sender sender) {
        this.sender = sender;
    }

    @Override
    public String path() {
        return "stream";
    }

    @Override
    public <X extends Exception> void write(ObjectLayout layout, Painter<X> painter, Duration wait, Duration hold)
            throws X {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment beside = arena.allocate(layout.end(), Long.BYTES);
            painter.paint(beside);
            sender.send(beside, layout, wait.plus(hold));
        } catch (OutOfMemoryError e) {
            // From malloc: the machine has no room for the picture, the process is well.
            throw new ErrnoException(Errno.ENOMEM, "no room for a picture of " + layout.end() + " bytes", e);
        }
    }

    /** They are the exporter's to see. */
    @Override
    public List<FenceInfo> fences() {
        return List.of();
    }

    @Override
    public boolean orphan() {
        return false;
    }
}
