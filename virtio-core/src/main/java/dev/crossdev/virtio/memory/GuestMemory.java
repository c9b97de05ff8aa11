package dev.crossdev.virtio.memory;

import dev.crossdev.dmabuf.memory.MemoryPiece;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The memory that a guest's addresses name. The guest may change it at any moment, so read a value once and check what
 * was read. Safe for use by several threads; what two of them write to one place is not defined.
 *
 * <p>An access that is not wholly inside one region fails with EFAULT and copies nothing; after {@link #close()} every
 * access does.
 */
public interface GuestMemory extends AutoCloseable {

    /** In ascending order of address, not overlapping. */
    List<MemoryRegion> regions();

    /** Whether all these bytes lie in one region. Sums cannot wrap; a negative length is never contained. */
    default boolean contains(long address, long length) {
        for (MemoryRegion region : regions()) {
            if (region.contains(address, length)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Copies out of the guest.
     *
     * @param target all of it is filled
     * @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT
     */
    void read(long address, MemorySegment target);

    /**
     * Copies into the guest.
     *
     * @param source all of it is copied
     * @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT
     */
    void write(long address, MemorySegment source);

    /** As {@link #read(long, MemorySegment)}, into a new array. */
    default byte[] read(long address, int length) {
        byte[] bytes = new byte[length];
        read(address, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** As {@link #write(long, MemorySegment)}. */
    default void write(long address, byte[] source) {
        write(address, MemorySegment.ofArray(source));
    }

    /**
     * The memory itself, when it can be had in one piece; empty when it cannot or lies outside. For native code this is
     * the only way in, so an implementation hands out only memory that nobody else can shrink. The segment dies with
     * this guest memory; native code that keeps its address needs a hold on the memory behind it.
     */
    Optional<MemorySegment> contiguous(long address, long length);

    /**
     * Where these bytes lie in memory that another process can be given; empty when they cannot be given away or do not
     * all lie in one region. The piece is good as long as this guest memory.
     */
    default Optional<MemoryPiece> shared(long address, long length) {
        return Optional.empty();
    }

    /**
     * Adds one to a 16-bit number, the upper half of an aligned little-endian word, in one store that comes after all writes
     * before it; it wraps. So an index of a ring moves on in memory that {@link #contiguous} does not give.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT; EINVAL for another address
     */
    default void increment(long address) {
        throw new UnsupportedOperationException(getClass() + " gives its memory itself");
    }

    /**
     * A device says that it wrote through {@link #contiguous}: to a remote guest the bytes have yet to travel. {@link
     * #write} says so by itself.
     */
    default void deviceWrote(long address, long length) {}

    @Override
    void close();
}
