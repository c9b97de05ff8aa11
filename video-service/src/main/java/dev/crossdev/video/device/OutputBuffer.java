package dev.crossdev.video.device;

import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A resource of a stream's output queue.
 *
 * @param id chosen by the driver, unsigned
 * @param uuid of the object, for one that was imported
 * @param target where its pictures go
 * @param createdAt when the resource was created
 */
record OutputBuffer(int id, Optional<UUID> uuid, PixelTarget target, Instant createdAt) implements Buffer {

    @Override
    public long bytes() {
        return target.layout().size();
    }

    @Override
    public void release() {
        target.release();
    }

    /** Whether pictures of that size go in as they are: there is no scaling. */
    boolean fits(int width, int height) {
        return target.layout().width() == width && target.layout().height() == height;
    }

    /** Whether the exporter has taken its memory away: it is of no use any more. */
    boolean revoked() {
        return target instanceof ImportedObject object && object.revoked();
    }

    /** As an operator sees it; empty for one that is not imported. */
    Optional<HeldBuffer> asHeldBuffer() {
        if (!(target instanceof ImportedObject object)) {
            return Optional.empty();
        }
        ObjectLayout layout = object.layout();
        String format = PixelFormat.of(layout.format()).map(PixelFormat::name).orElse("packed");
        return Optional.of(new HeldBuffer(
                id,
                "imported",
                object.path(),
                format + " " + layout.width() + "x" + layout.height(),
                new BufferInfo(
                        Integer.toUnsignedLong(id),
                        "virtio-gpu",
                        Optional.empty(),
                        layout.size(),
                        1,
                        createdAt,
                        0,
                        List.of(),
                        object.fences(),
                        uuid.map(known -> RegistrationInfo.settled(known, createdAt, 1)))));
    }
}
