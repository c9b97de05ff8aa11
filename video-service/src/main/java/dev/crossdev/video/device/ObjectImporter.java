package dev.crossdev.video.device;

import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Turns a UUID that another device minted into memory. */
public interface ObjectImporter {

    /**
     * Takes hold of an exported object. Returns at once; the stage completes from whatever thread learns the outcome, and
     * always does: the importer has a deadline of its own.
     *
     * @param guest within which the UUID means something
     * @param uuid as the driver gave it, sixteen zero bytes included
     * @param device the importing device's name, for people
     * @return the object, to be released once; or an {@link dev.crossdev.dmabuf.error.ErrnoException}: ENOENT for a UUID
     *     that does not resolve, ETIMEDOUT, EIO for memory that cannot be reached, ENODEV when the exporter is gone
     */
    CompletionStage<ImportedObject> attach(String guest, UUID uuid, String device);

    /**
     * This importer, bound to whatever deadline the calling thread's caller has. A device asks for it when a command
     * comes in, because it may only get to the command later and on another thread.
     */
    default ObjectImporter forCaller() {
        return this;
    }
}
