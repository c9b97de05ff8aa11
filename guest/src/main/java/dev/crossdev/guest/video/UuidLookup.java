package dev.crossdev.guest.video;

import dev.crossdev.dmabuf.VirtioDmaBuf;
import java.util.UUID;

/** How the importer gets the UUID of a buffer: get_uuid of its exporter. May wait. */
@FunctionalInterface
public interface UuidLookup {

    /** @throws dev.crossdev.dmabuf.error.ErrnoException ENODEV when there will be none, ETIMEDOUT, EINTR */
    UUID uuidOf(VirtioDmaBuf buffer);
}
