package dev.crossdev.virtio.queue;

import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.SharedGuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Guest memory with a driver's ring at its beginning and free room behind it. */
final class Bench implements AutoCloseable {

    static final long BASE = 0x4000_0000L;
    static final int ROOM = 1 << 20;

    final SharedGuestMemory memory;
    final RingDriver driver;
    final RingDriver.Features features;
    /** Guest address of the room. */
    final long room;

    Bench(int size, boolean indirect, boolean eventIndex) {
        long ring = RingDriver.bytes(size, 128);
        memory = SharedGuestMemory.create("ring", List.of(new MemoryRegion(BASE, ring + ROOM)));
        features = new RingDriver.Features(indirect, eventIndex);
        driver = new RingDriver(memory.contiguous(BASE, ring).orElseThrow(), BASE, size, 128, features);
        room = BASE + ring;
    }

    QueueLayout layout() {
        return new QueueLayout(driver.size(), driver.descriptors(), driver.available(), driver.used());
    }

    Features accepted() {
        Features accepted = Features.of(TransportFeature.VERSION_1);
        if (features.indirect()) {
            accepted = accepted.with(TransportFeature.INDIRECT_DESC);
        }
        return features.eventIndex() ? accepted.with(TransportFeature.EVENT_IDX) : accepted;
    }

    SplitQueue queue() throws RingException {
        return new SplitQueue(memory, layout(), accepted());
    }

    MemorySegment at(long address, long length) {
        return memory.contiguous(address, length).orElseThrow();
    }

    static byte[] readable(Chain chain) throws RingException {
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) chain.readableBytes()]);
        if (chain.copyReadable(bytes) != chain.readableBytes()) {
            throw new AssertionError("not all was copied");
        }
        return bytes.toArray(ValueLayout.JAVA_BYTE);
    }

    static void answer(SplitQueue queue, Chain chain, byte[] answer) throws RingException {
        queue.complete(chain, chain.write(MemorySegment.ofArray(answer)));
    }

    @Override
    public void close() {
        memory.close();
    }
}
