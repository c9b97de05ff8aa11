package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Where one device's resources become objects that other devices of the same guest can import. */
@FunctionalInterface
public interface ObjectExports {

    /**
     * Gives a resource's memory a UUID. From here on the UUID resolves.
     *
     * @throws ErrnoException when there is no room for another object; nothing is exported then
     */
    ObjectExport export(ExportedMemory memory);

    /**
     * What is exported.
     *
     * @param resourceId unsigned, for people
     * @param pieces in which the object's bytes lie, in their order
     * @param uuid that the resource was given before; a resource has one for life
     * @param released runs once, when the resource has withdrawn the export and no importer holds it any more
     */
    record ExportedMemory(
            int resourceId, List<MemoryPiece> pieces, Layout layout, Optional<UUID> uuid, Runnable released) {

        /** Throws {@link IllegalArgumentException} when the pieces are not as many bytes as the layout says. */
        public ExportedMemory {
            pieces = List.copyOf(pieces);
            if (MemoryPiece.size(pieces) != layout.size()) {
                throw new IllegalArgumentException(
                        MemoryPiece.size(pieces) + " bytes for an object of " + layout.size());
            }
        }
    }

    /**
     * How to read an object's bytes.
     *
     * @param format null for bytes without a layout of their own: width, height, stride and offset are 0 then
     * @param width pixels
     * @param height pixels
     * @param stride bytes from one row to the next
     * @param offset bytes before the first pixel
     * @param size bytes of the object
     */
    record Layout(@Nullable PixelFormat format, int width, int height, int stride, long offset, long size) {

        /** A blob's: what its bytes mean is for its users to say (virtio 1.4, RESOURCE_CREATE_BLOB). */
        static Layout none(long size) {
            return new Layout(null, 0, 0, 0, 0, size);
        }
    }
}
