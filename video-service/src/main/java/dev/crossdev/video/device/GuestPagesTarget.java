package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.memory.ScatterList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * An output in the guest's own memory, in pieces that native code cannot write as one: the picture is made beside it and
 * copied. It has no fence; the driver knows from the answer when the pixels are there.
 */
record GuestPagesTarget(ObjectLayout layout, ScatterList pages) implements PixelTarget {

    @Override
    public <X extends Exception> void write(Painter<X> painter, Duration wait, Duration hold) throws X {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment picture = arena.allocate(layout.size(), 64);
            painter.paint(picture);
            long written = pages.copyFrom(layout.offset(), picture.asSlice(layout.offset()));
            if (written != layout.size() - layout.offset()) {
                throw new ErrnoException(Errno.EFAULT, "the guest pages end after " + written + " bytes");
            }
        }
    }

    @Override
    public void release() {
        // The guest's memory is the guest's.
    }
}
