package dev.crossdev.virtio.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Pieces of guest memory as one run of bytes: a resource's backing, a message in a buffer. What lies past the end is not
 * there, and a copy that reaches it stops: a backing smaller than its resource gives what it has (QEMU virtio-gpu.c,
 * iov_to_buf; rutabaga does the same).
 *
 * <p>Immutable, and safe for use by several threads.
 */
public final class ScatterList {

    private final GuestMemory memory;
    private final List<MemEntry> entries;
    /** Sum of the sizes of all entries up to and including each. */
    private final long[] ends;

    /**
     * @throws ErrnoException EFAULT when an entry is not wholly guest memory, so that a backing is refused when it is
     *     attached and not when it is used
     */
    public ScatterList(GuestMemory memory, List<MemEntry> entries) {
        this.memory = memory;
        this.entries = List.copyOf(entries);
        ends = new long[this.entries.size()];
        long end = 0;
        for (int i = 0; i < ends.length; i++) {
            MemEntry entry = this.entries.get(i);
            if (!memory.contains(entry.address(), entry.size())) {
                throw new ErrnoException(Errno.EFAULT, "entry " + entry + " is not guest memory");
            }
            end += entry.size();
            ends[i] = end;
        }
    }

    public List<MemEntry> entries() {
        return entries;
    }

    /** Bytes of all entries. */
    public long size() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /**
     * Where the first bytes lie in memory that another process can be given, neighbours merged; empty when some of them
     * cannot be given away, or there are not so many.
     *
     * @param length bytes, positive
     */
    public Optional<List<MemoryPiece>> shared(long length) {
        if (length <= 0 || length > size()) {
            return Optional.empty();
        }
        List<MemoryPiece> pieces = new ArrayList<>();
        long left = length;
        for (int i = 0; left > 0; i++) {
            MemEntry entry = entries.get(i);
            long part = Math.min(left, entry.size());
            if (part > 0) {
                Optional<MemoryPiece> piece = memory.shared(entry.address(), part);
                if (piece.isEmpty()) {
                    return Optional.empty();
                }
                pieces.add(piece.get());
            }
            left -= part;
        }
        return Optional.of(MemoryPiece.merged(pieces));
    }

    /**
     * Copies out of the guest, from an offset on, until the target is full or the list ends.
     *
     * @param offset in bytes, unsigned; one past the end copies nothing
     * @return bytes copied
     * @throws ErrnoException EFAULT when the guest memory is gone
     */
    public long copyTo(long offset, MemorySegment target) {
        return copy(offset, target, false);
    }

    /**
     * Copies into the guest, from an offset on, until the source is used up or the list ends.
     *
     * @param offset in bytes, unsigned; one past the end copies nothing
     * @return bytes copied
     * @throws ErrnoException EFAULT when the guest memory is gone
     */
    public long copyFrom(long offset, MemorySegment source) {
        return copy(offset, source, true);
    }

    private long copy(long offset, MemorySegment other, boolean intoGuest) {
        if (offset < 0 || offset >= size()) {
            return 0;
        }
        long copied = 0;
        for (int i = firstEntry(offset); i < ends.length && copied < other.byteSize(); i++) {
            MemEntry entry = entries.get(i);
            long start = ends[i] - entry.size();
            long within = offset + copied - start;
            long length = Math.min(entry.size() - within, other.byteSize() - copied);
            if (length == 0) {
                continue;
            }
            MemorySegment part = other.asSlice(copied, length);
            if (intoGuest) {
                memory.write(entry.address() + within, part);
            } else {
                memory.read(entry.address() + within, part);
            }
            copied += length;
        }
        return copied;
    }

    /** The first entry that ends after the offset. */
    private int firstEntry(long offset) {
        int low = 0;
        int high = ends.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[middle] > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
