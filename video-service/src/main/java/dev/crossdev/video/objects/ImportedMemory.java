package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.memory.LinearMapping;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.Extent;
import dev.crossdev.video.device.ObjectLayout;
import dev.crossdev.video.device.ObjectMemory;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An object's memory and its fence, mapped.
 *
 * @param layout the exporter's
 * @param bytes all of the object's
 * @param fence in the exporter's table
 * @param mappings what keeps all that mapped, in the order of making
 */
record ImportedMemory(ObjectLayout layout, ObjectMemory bytes, FenceSlot fence, List<? extends AutoCloseable> mappings)
        implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ImportedMemory.class.getName());

    /** More than any page list of a picture; an exporter that sends more makes no sense. */
    private static final int MOST_EXTENTS = 16_384;

    /**
     * Maps what an attach named: one extent as it lies, several whole pages as one run (see {@link LinearMapping}), and what
     * is no whole pages piece by piece, to be copied into. Waits for the descriptor socket.
     *
     * @throws ErrnoException EIO when the memory cannot be reached from here; EPROTO for an answer that makes no sense
     */
    static ImportedMemory map(AttachResponse attached, DescriptorSocket socket, MemoryCache cache) {
        ObjectLayout layout = layout(attached);
        Path path = socketPath(attached);
        List<AutoCloseable> mappings = new ArrayList<>();
        try {
            List<MemoryPiece> pieces = pieces(attached, layout, path, socket, cache, mappings);
            MemoryToken fenceToken =
                    MemoryToken.ofBytes(attached.getFence().getMemoryToken().toByteArray());
            MemoryCache.Lease fences = cache.lease(fenceToken, () -> socket.get(path, fenceToken, 1));
            mappings.add(fences);
            return new ImportedMemory(
                    layout,
                    memory(pieces, mappings),
                    FenceTable.open(fences.memory()).slot(attached.getFence().getSlot()),
                    mappings);
        } catch (RuntimeException e) {
            close(mappings);
            throw e instanceof ErrnoException errno && errno.errno() != Errno.EPROTO
                    ? new ErrnoException(Errno.EIO, "the object's memory cannot be reached: " + errno.getMessage(), e)
                    : e;
        }
    }

    /** Each memory is leased once, however many pieces lie in it. */
    private static List<MemoryPiece> pieces(
            AttachResponse attached,
            ObjectLayout layout,
            Path path,
            DescriptorSocket socket,
            MemoryCache cache,
            List<AutoCloseable> mappings) {
        long length = attached.getExtentsList().stream()
                .mapToLong(extent -> Math.max(0, extent.getLength()))
                .sum();
        if (length != layout.size() || attached.getExtentsCount() > MOST_EXTENTS) {
            throw new ErrnoException(
                    Errno.EPROTO,
                    "an object of " + layout.size() + " bytes in " + attached.getExtentsCount() + " extents of "
                            + length);
        }
        Map<MemoryToken, SharedMemory> memories = new HashMap<>();
        List<MemoryPiece> pieces = new ArrayList<>();
        for (Extent extent : attached.getExtentsList()) {
            MemoryToken token = MemoryToken.ofBytes(extent.getMemoryToken().toByteArray());
            SharedMemory memory = memories.get(token);
            if (memory == null) {
                MemoryCache.Lease lease = cache.lease(token, () -> socket.get(path, token, extent.getMemorySize()));
                mappings.add(lease);
                memory = lease.memory();
                memories.put(token, memory);
            }
            pieces.add(new MemoryPiece(memory, extent.getOffset(), extent.getLength()));
        }
        return MemoryPiece.merged(pieces);
    }

    private static ObjectMemory memory(List<MemoryPiece> pieces, List<AutoCloseable> mappings) {
        if (pieces.size() == 1) {
            return new ObjectMemory.Linear(pieces.getFirst().segment());
        }
        if (!LinearMapping.isPossible(pieces)) {
            return new ObjectMemory.Scattered(pieces);
        }
        LinearMapping linear = LinearMapping.map(pieces);
        mappings.add(linear);
        return new ObjectMemory.Linear(linear.segment());
    }

    private static void close(List<? extends AutoCloseable> mappings) {
        for (AutoCloseable mapping : mappings.reversed()) {
            try {
                mapping.close();
            } catch (Exception e) {
                // The others must be unmapped all the same.
                LOG.log(System.Logger.Level.ERROR, "an import stays mapped", e);
            }
        }
    }

    private static Path socketPath(AttachResponse attached) {
        if (!BootId.of(attached.getBootId()).isSameMachine(BootId.local())) {
            throw new ErrnoException(Errno.EIO, "the object's memory is on another machine");
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

    /**
     * The layout that an attach named.
     *
     * @throws ErrnoException EPROTO for an object of no bytes
     */
    static ObjectLayout layout(AttachResponse attached) {
        dev.crossdev.proto.objects.v1.ObjectLayout layout = attached.getLayout();
        if (layout.getSize() <= 0) {
            throw new ErrnoException(Errno.EPROTO, "an object of " + layout.getSize() + " bytes");
        }
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
        close(mappings);
    }
}
