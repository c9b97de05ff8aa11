package dev.crossdev.gpu.device;

import java.util.Optional;

/** Pixels that importers may be busy with while the device wants to be. */
interface SharedPixels {

    /** The way to the importers; empty when there can be none. */
    Optional<ObjectExport> export();

    /** Keeps the bytes where they are until {@link #letGo}; false when they are gone already. */
    boolean tryHold();

    void letGo();
}
