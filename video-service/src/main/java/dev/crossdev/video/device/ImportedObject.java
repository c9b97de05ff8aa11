package dev.crossdev.video.device;

import dev.crossdev.dmabuf.fence.FenceInfo;
import java.time.Duration;
import java.util.List;

/** A hold on an object that another device exported. */
public interface ImportedObject extends PixelTarget {

    /** How the memory is reached, for people and metrics: {@code shm}, {@code shm-copy} or {@code stream}. */
    String path();

    /**
     * Asks to be told when the exporter takes the memory away. The object is useless from then on; the listener gives back
     * what it had the driver queue, and must not wait.
     *
     * @return false when that has happened already: nobody will be told
     */
    boolean onRevoked(Runnable listener);

    /**
     * As {@link #write(Painter, Duration, Duration)}, with pixels where the given layout has them: for an object that has no
     * layout of its own.
     */
    <X extends Exception> void write(ObjectLayout layout, Painter<X> painter, Duration wait, Duration hold) throws X;

    @Override
    default <X extends Exception> void write(Painter<X> painter, Duration wait, Duration hold) throws X {
        write(layout(), painter, wait, hold);
    }

    /** Who is at work on it now, here or elsewhere, as far as that can be seen from here. */
    List<FenceInfo> fences();

    /** Whether the exporter has taken the memory away. */
    boolean revoked();
}
