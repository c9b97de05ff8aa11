package dev.crossdev.gpu.objects;

import java.util.UUID;

/** Told of each importer that attaches to an object, on the thread that attached it: it must return at once. */
@FunctionalInterface
public interface AttachListener {

    /** @param importer with its device where it has said so: {@code video-service/vm0} */
    void attached(String guest, UUID uuid, String importer);
}
