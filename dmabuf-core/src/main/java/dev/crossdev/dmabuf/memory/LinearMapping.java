package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Scattered pages, seen as one run of bytes: address space is reserved for all of them, then each piece is mapped into its
 * place (mmap, MAP_FIXED). What one writes here, everybody who maps the memories sees.
 *
 * <p>It needs the memories only while it is made; the pages stay until it is closed, whatever becomes of those.
 */
public final class LinearMapping implements AutoCloseable {
    private final MappedRegion region;
    private final MemorySegment segment;

    private LinearMapping(MappedRegion region, long size) {
        this.region = region;
        this.segment = region.segment().asSlice(0, size);
    }

    /** Whether pages can be mapped so: every piece begins and ends with a page, but the last, which may end anywhere. */
    public static boolean isPossible(List<MemoryPiece> pieces) {
        for (int i = 0; i < pieces.size(); i++) {
            MemoryPiece piece = pieces.get(i);
            boolean last = i == pieces.size() - 1;
            if (piece.offset() % SharedMemory.PAGE != 0 || (!last && piece.length() % SharedMemory.PAGE != 0)) {
                return false;
            }
        }
        return !pieces.isEmpty();
    }

    /**
     * Maps the pieces one after another.
     *
     * @throws ErrnoException EINVAL when {@link #isPossible} says no; ENOMEM when there is no address space, or the process
     *     has too many mappings (vm.max_map_count)
     */
    public static LinearMapping map(List<MemoryPiece> pieces) {
        if (!isPossible(pieces)) {
            throw new ErrnoException(Errno.EINVAL, pieces.size() + " pieces that are no whole pages");
        }
        long size = MemoryPiece.size(pieces);
        long reserved = Math.ceilDiv(size, SharedMemory.PAGE) * SharedMemory.PAGE;
        long address = Libc.check(MemoryCalls.reserve(reserved), "reserving address space");
        MappedRegion region = MappedRegion.over(address, reserved);
        try {
            long at = address;
            for (MemoryPiece piece : pieces) {
                try (SharedMemory.Hold hold = piece.memory().hold()) {
                    Libc.check(
                            MemoryCalls.mapAt(at, hold.descriptor(), piece.offset(), piece.length()),
                            "mapping a piece of shared memory");
                }
                at += piece.length();
            }
            return new LinearMapping(region, size);
        } catch (RuntimeException e) {
            region.close(() -> {});
            throw e;
        }
    }

    /** All bytes of the pieces, for any thread. */
    public MemorySegment segment() {
        return segment;
    }

    /** Unmaps; accesses from here on are an {@link IllegalStateException}. Again is nothing. */
    @Override
    public void close() {
        if (segment.scope().isAlive()) {
            region.close(() -> {});
        }
    }
}
