package dev.crossdev.video.device;

import dev.crossdev.dmabuf.fence.FenceInfo;
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

    /** Who is at work on it now, here or elsewhere, as the exporter's fence table has it. */
    List<FenceInfo> fences();

    /** Whether the exporter has taken the memory away. */
    boolean revoked();
}
