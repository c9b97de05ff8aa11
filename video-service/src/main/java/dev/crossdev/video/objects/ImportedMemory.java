package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.Extent;
import dev.crossdev.video.device.ObjectLayout;
import java.lang.foreign.MemorySegment;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * An object's memory and its fence, mapped.
 *
 * @param layout the exporter's
 * @param bytes all of the object's
 * @param fence in the exporter's table
 * @param pixels keeps the bytes mapped
 * @param fences keeps the table mapped
 */
record ImportedMemory(
        ObjectLayout layout, MemorySegment bytes, FenceSlot fence, MemoryCache.Lease pixels, MemoryCache.Lease fences)
        implements AutoCloseable {

    /**
     * Maps what an attach named. Waits for the descriptor socket.
     *
     * @throws ErrnoException EIO when the memory cannot be reached from here; EPROTO for an answer that makes no sense
     */
    static ImportedMemory map(AttachResponse attached, DescriptorSocket socket, MemoryCache cache) {
        ObjectLayout layout = layout(attached.getLayout());
        if (attached.getExtentsCount() != 1) {
            throw new ErrnoException(
                    Errno.EIO, "an object in " + attached.getExtentsCount() + " pieces cannot be mapped yet");
        }
        Extent extent = attached.getExtents(0);
        if (layout.size() <= 0 || extent.getLength() != layout.size()) {
            throw new ErrnoException(
                    Errno.EPROTO, "an object of " + layout.size() + " bytes in an extent of " + extent.getLength());
        }
        Path path = socketPath(attached);
        MemoryToken pixelToken = MemoryToken.ofBytes(extent.getMemoryToken().toByteArray());
        MemoryToken fenceToken =
                MemoryToken.ofBytes(attached.getFence().getMemoryToken().toByteArray());
        MemoryCache.Lease pixels = null;
        MemoryCache.Lease fences = null;
        try {
            pixels = cache.lease(pixelToken, () -> socket.get(path, pixelToken, extent.getMemorySize()));
            fences = cache.lease(fenceToken, () -> socket.get(path, fenceToken, 1));
            return new ImportedMemory(
                    layout,
                    pixels.slice(extent.getOffset(), layout.size()),
                    FenceTable.open(fences.memory()).slot(attached.getFence().getSlot()),
                    pixels,
                    fences);
        } catch (RuntimeException e) {
            if (pixels != null) {
                pixels.close();
            }
            if (fences != null) {
                fences.close();
            }
            throw e instanceof ErrnoException errno
                    ? new ErrnoException(Errno.EIO, "the object's memory cannot be reached: " + errno.getMessage(), e)
                    : e;
        }
    }

    private static Path socketPath(AttachResponse attached) {
        if (!BootId.of(attached.getBootId()).isSameMachine(BootId.local())) {
            throw new ErrnoException(
                    Errno.EIO, "the object's memory is on another machine, from where it cannot be imported yet");
        }
        if (attached.getDescriptorSocket().isEmpty()) {
            throw new ErrnoException(Errno.EIO, "the exporting service hands out no memory: it has no socket");
        }
        try {
            return Path.of(attached.getDescriptorSocket());
        } catch (InvalidPathException e) {
            throw new ErrnoException(Errno.EPROTO, "a socket at " + attached.getDescriptorSocket(), e);
        }
    }

    private static ObjectLayout layout(dev.crossdev.proto.objects.v1.ObjectLayout layout) {
        return new ObjectLayout(
                layout.getFormat(),
                layout.getWidth(),
                layout.getHeight(),
                layout.getStride(),
                layout.getOffset(),
                layout.getSize());
    }

    @Override
    public void close() {
        pixels.close();
        fences.close();
    }
}
