package dev.crossdev.virtio.memory;

import dev.crossdev.dmabuf.memory.MemoryPiece;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One device's own copy of a remote guest's memory. The guest's writes come in with {@link #applyGuestWrite} before the
 * command that needs them; the device's writes are remembered, and {@link #takeDeviceWrites} gives them out to go back
 * before the completion that reports them.
 */
public final class WindowGuestMemory implements GuestMemory {

    /**
     * Bytes on their way to the other end.
     *
     * @param address guest address of the first byte
     */
    public record Write(long address, MemorySegment bytes) {}

    private final SharedGuestMemory copy;
    private final DirtyRanges dirty = new DirtyRanges();

    private WindowGuestMemory(SharedGuestMemory copy) {
        this.copy = copy;
    }

    /**
     * A new, zeroed window.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException EINVAL when regions overlap or there is none; ENOMEM when there is
     *     no room
     */
    public static WindowGuestMemory create(String label, List<MemoryRegion> regions) {
        return new WindowGuestMemory(SharedGuestMemory.create(label, regions));
    }

    /** The window as memory that another service can map. Stays this object's. */
    public SharedGuestMemory copy() {
        return copy;
    }

    /**
     * The guest wrote these bytes.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException EFAULT
     */
    public void applyGuestWrite(long address, MemorySegment bytes) {
        copy.write(address, bytes);
    }

    /** As {@link #applyGuestWrite(long, MemorySegment)}. */
    public void applyGuestWrite(long address, byte[] bytes) {
        applyGuestWrite(address, MemorySegment.ofArray(bytes));
    }

    /**
     * What the device wrote since the last call, as it is now: ascending, adjacent ranges made one.
     *
     * @return empty when the memory is closed meanwhile
     */
    public List<Write> takeDeviceWrites() {
        List<Write> writes = new ArrayList<>();
        for (MemoryRegion range : dirty.take()) {
            copy.contiguous(range.address(), range.size()).ifPresent(now -> {
                byte[] bytes = now.toArray(ValueLayout.JAVA_BYTE);
                writes.add(new Write(range.address(), MemorySegment.ofArray(bytes)));
            });
        }
        return writes;
    }

    @Override
    public List<MemoryRegion> regions() {
        return copy.regions();
    }

    @Override
    public void read(long address, MemorySegment target) {
        copy.read(address, target);
    }

    @Override
    public void write(long address, MemorySegment source) {
        copy.write(address, source);
        deviceWrote(address, source.byteSize());
    }

    @Override
    public Optional<MemorySegment> contiguous(long address, long length) {
        return copy.contiguous(address, length);
    }

    /**
     * A piece of the window. What another device writes there is seen by whoever uses the object, and does not travel back:
     * a remote guest's blob lives here.
     */
    @Override
    public Optional<MemoryPiece> shared(long address, long length) {
        return copy.shared(address, length);
    }

    @Override
    public void deviceWrote(long address, long length) {
        // Only what is guest memory can be sent back, region by region.
        if (length > 0 && contains(address, length)) {
            dirty.add(address, length);
        }
    }

    @Override
    public void close() {
        copy.close();
    }
}
