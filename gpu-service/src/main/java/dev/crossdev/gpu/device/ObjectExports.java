package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.gpu.PixelFormat;

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
     * @param memory in which the object's bytes lie from {@link Layout#offset} on
     * @param released runs once, when the resource has withdrawn the export and no importer holds it any more
     */
    record ExportedMemory(int resourceId, SharedMemory memory, Layout layout, Runnable released) {}

    /**
     * How to read an object's bytes.
     *
     * @param width pixels
     * @param height pixels
     * @param stride bytes from one row to the next
     * @param offset bytes before the first pixel
     * @param size bytes of the object
     */
    record Layout(PixelFormat format, int width, int height, int stride, long offset, long size) {}
}
