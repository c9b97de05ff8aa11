package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** One exported resource, from its first ASSIGN_UUID until nobody holds it. All methods may be called from any thread. */
public interface ObjectExport {

    /** The same for the whole life of the resource. */
    UUID uuid();

    /**
     * Completes when importers can find the object, wherever they are; or fails when that could not be brought about, or was
     * withdrawn before. Either comes soon: whoever sees to it has a time limit.
     */
    CompletableFuture<Void> published();

    /**
     * Takes the fence that the device needs while it touches the pixels, and holds the object until {@link #end}. Does
     * not wait: false, and nothing is taken, when an importer is in the way or the object is gone.
     *
     * @param hold how long the device may take
     */
    boolean tryBegin(Access access, Duration hold);

    /**
     * As {@link #tryBegin}, waiting for the importers that are in the way.
     *
     * @throws ErrnoException ETIMEDOUT after {@code wait}, EINTR when interrupted, ENOENT when the object is gone
     */
    void begin(Access access, Duration wait, Duration hold);

    /** Gives back what one successful begin took. */
    void end(Access access);

    /** The object as a listing shows it: who has attached, the fences, the registration; empty when it is gone. */
    Optional<BufferInfo> info();

    /**
     * The resource is gone: the UUID no longer resolves, and never will again. Importers keep the memory until they let
     * go. Again is nothing.
     */
    void withdraw();

    /**
     * The memory is going away under the importers, because it is the guest's: withdraws, asks every importer to let go, and
     * completes when the last one has and nobody here touches the bytes any more. Importers that have not let go when the
     * time is over are cut off, so it always completes, and never with a failure. Does not wait; again is the same stage.
     *
     * @param patience for the importers to acknowledge
     */
    CompletableFuture<Void> revoke(Duration patience);

    /** What the device is about to do with the pixels; the usage classes of Linux's dma_resv. */
    enum Access {
        READ,
        WRITE
    }
}
