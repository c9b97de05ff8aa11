package dev.crossdev.virtio.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.ReceivedMemory;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.dmabuf.memory.UnsealedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine's RAM as its VMM tells of it: regions, each somewhere in a memory that the VMM handed over. The whole
 * table is replaced while devices run (vhost-user SET_MEM_TABLE, QEMU's SYNC_SYSMEM); an access sees the old table or the
 * new one. What was given out of a memory that is in both stays good.
 *
 * <p>Of memory that is not sealed no segment is given out, and no piece to another process: it is copied.
 *
 * <p>The memories stay their owner's. Closing this makes every access a fault.
 */
public final class RamGuestMemory implements GuestMemory {

    /**
     * A region and where it lies.
     *
     * @param offset bytes into the memory
     */
    public record Slot(MemoryRegion region, ReceivedMemory memory, long offset) {}

    private record Table(List<Slot> slots, List<MemoryRegion> regions) {

        static final Table EMPTY = new Table(List.of(), List.of());

        Optional<Slot> find(long address, long length) {
            for (Slot slot : slots) {
                if (slot.region().contains(address, length)) {
                    return Optional.of(slot);
                }
            }
            return Optional.empty();
        }
    }

    private static final VarHandle WORD =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private volatile Table table = Table.EMPTY;
    private volatile boolean closed;

    /** Without any memory yet. */
    public RamGuestMemory() {}

    /**
     * From here on the memory is this, and nothing else.
     *
     * @throws ErrnoException EINVAL when regions overlap or do not lie in their memory; then nothing changes
     */
    public void replace(List<Slot> slots) {
        List<Slot> sorted = slots.stream()
                .sorted(Comparator.comparing(slot -> slot.region().address(), Long::compareUnsigned))
                .toList();
        for (int i = 0; i < sorted.size(); i++) {
            Slot slot = sorted.get(i);
            long size = slot.region().size();
            if (slot.offset() < 0 || slot.offset() > slot.memory().size() - size) {
                throw new ErrnoException(
                        Errno.EINVAL,
                        "region " + slot.region() + " at " + slot.offset() + " of a memory of "
                                + slot.memory().size() + " bytes");
            }
            if (i > 0 && sorted.get(i - 1).region().contains(slot.region().address(), 1)) {
                throw new ErrnoException(
                        Errno.EINVAL,
                        "guest memory regions " + sorted.get(i - 1).region() + " and " + slot.region() + " overlap");
            }
        }
        table = new Table(sorted, sorted.stream().map(Slot::region).toList());
    }

    /** The same memory for one device's life: closing what this gives ends it for that device alone. */
    public GuestMemory lend() {
        return new Lent();
    }

    @Override
    public List<MemoryRegion> regions() {
        return table.regions();
    }

    @Override
    public void read(long address, MemorySegment target) {
        long length = target.byteSize();
        Slot slot = find(address, length);
        switch (slot.memory()) {
            case SharedMemory shared -> {
                try {
                    MemorySegment.copy(shared.segment(), offset(slot, address), target, 0, length);
                } catch (IllegalStateException e) {
                    throw rethrow(slot, e, address);
                }
            }
            case UnsealedMemory file -> file.read(offset(slot, address), target);
        }
    }

    @Override
    public void write(long address, MemorySegment source) {
        long length = source.byteSize();
        Slot slot = find(address, length);
        switch (slot.memory()) {
            case SharedMemory shared -> {
                try {
                    MemorySegment.copy(source, 0, shared.segment(), offset(slot, address), length);
                } catch (IllegalStateException e) {
                    throw rethrow(slot, e, address);
                }
            }
            case UnsealedMemory file -> file.write(offset(slot, address), source);
        }
    }

    @Override
    public void increment(long address) {
        Slot slot = find(address, Short.BYTES);
        long offset = offset(slot, address);
        switch (slot.memory()) {
            // Beside regions that are not sealed.
            case SharedMemory shared -> {
                try {
                    int unused = (int) WORD.getAndAdd(shared.slice(offset - Short.BYTES, Integer.BYTES), 0L, 1 << 16);
                } catch (IllegalStateException e) {
                    throw rethrow(slot, e, address);
                }
            }
            case UnsealedMemory file -> file.increment(offset);
        }
    }

    @Override
    public Optional<MemorySegment> contiguous(long address, long length) {
        try {
            return sealed(address, length).map(place -> place.memory().slice(place.offset(), length));
        } catch (IllegalStateException closedMeanwhile) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<MemoryPiece> shared(long address, long length) {
        return length <= 0
                ? Optional.empty()
                : sealed(address, length).map(place -> new MemoryPiece(place.memory(), place.offset(), length));
    }

    private record Sealed(SharedMemory memory, long offset) {}

    private Optional<Sealed> sealed(long address, long length) {
        return slot(address, length)
                .flatMap(slot -> slot.memory() instanceof SharedMemory shared
                        ? Optional.of(new Sealed(shared, offset(slot, address)))
                        : Optional.empty());
    }

    @Override
    public void close() {
        closed = true;
    }

    private Optional<Slot> slot(long address, long length) {
        return closed
                ? Optional.empty()
                : table.find(address, length).filter(slot -> !slot.memory().isClosed());
    }

    private Slot find(long address, long length) {
        return slot(address, length)
                .orElseThrow(() -> new ErrnoException(
                        Errno.EFAULT, length + " bytes at 0x" + Long.toHexString(address) + " are not guest memory"));
    }

    private static long offset(Slot slot, long address) {
        return slot.offset() + (address - slot.region().address());
    }

    private static RuntimeException rethrow(Slot slot, IllegalStateException e, long address) {
        // Else it is the caller's own segment, not the guest's.
        return slot.memory().isClosed()
                ? new ErrnoException(Errno.EFAULT, "guest memory is gone at 0x" + Long.toHexString(address), e)
                : e;
    }

    /** One device's. */
    private final class Lent implements GuestMemory {
        private volatile boolean over;

        @Override
        public List<MemoryRegion> regions() {
            return RamGuestMemory.this.regions();
        }

        @Override
        public void read(long address, MemorySegment target) {
            requireOurs(address);
            RamGuestMemory.this.read(address, target);
        }

        @Override
        public void write(long address, MemorySegment source) {
            requireOurs(address);
            RamGuestMemory.this.write(address, source);
        }

        @Override
        public void increment(long address) {
            requireOurs(address);
            RamGuestMemory.this.increment(address);
        }

        @Override
        public Optional<MemorySegment> contiguous(long address, long length) {
            return over ? Optional.empty() : RamGuestMemory.this.contiguous(address, length);
        }

        @Override
        public Optional<MemoryPiece> shared(long address, long length) {
            return over ? Optional.empty() : RamGuestMemory.this.shared(address, length);
        }

        @Override
        public void close() {
            over = true;
        }

        private void requireOurs(long address) {
            if (over) {
                throw new ErrnoException(Errno.EFAULT, "guest memory is gone at 0x" + Long.toHexString(address));
            }
        }
    }
}
