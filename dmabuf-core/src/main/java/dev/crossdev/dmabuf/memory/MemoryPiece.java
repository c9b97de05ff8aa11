package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run of bytes in a shared memory: of an object that lies scattered, one entry of its scatter list.
 *
 * @param offset bytes into the memory
 * @param length bytes, positive
 */
public record MemoryPiece(SharedMemory memory, long offset, long length) {

    /** Throws {@link ErrnoException} EINVAL for a run that does not lie inside the memory, or is empty. */
    public MemoryPiece {
        if (offset < 0 || length <= 0 || offset > memory.size() - length) {
            throw new ErrnoException(
                    Errno.EINVAL, "[" + offset + ", +" + length + ") of " + memory.size() + " bytes of shared memory");
        }
    }

    /** The bytes themselves. */
    public MemorySegment segment() {
        return memory.slice(offset, length);
    }

    /** The same bytes in as few pieces as there can be: neighbours become one. */
    public static List<MemoryPiece> merged(List<MemoryPiece> pieces) {
        List<MemoryPiece> merged = new ArrayList<>();
        for (MemoryPiece piece : pieces) {
            Optional<MemoryPiece> joined =
                    merged.isEmpty() ? Optional.empty() : merged.getLast().joinedWith(piece);
            if (joined.isPresent()) {
                merged.set(merged.size() - 1, joined.get());
            } else {
                merged.add(piece);
            }
        }
        return List.copyOf(merged);
    }

    /** Bytes of all pieces. */
    public static long size(List<MemoryPiece> pieces) {
        return pieces.stream().mapToLong(MemoryPiece::length).sum();
    }

    private Optional<MemoryPiece> joinedWith(MemoryPiece next) {
        return next.memory == memory && next.offset == offset + length
                ? Optional.of(new MemoryPiece(memory, offset, length + next.length))
                : Optional.empty();
    }
}
