package dev.crossdev.guest.fake;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Guest memory as a device sees it: one region. */
record FakeMemory(MemoryRegion region, SharedMemory memory) implements AutoCloseable {

    byte[] read(MemEntry entry, int bytes) {
        return memory.slice(entry.address() - region.address(), bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    void write(long address, byte[] data) {
        memory.slice(address - region.address(), data.length).copyFrom(MemorySegment.ofArray(data));
    }

    @Override
    public void close() {
        memory.close();
    }
}
