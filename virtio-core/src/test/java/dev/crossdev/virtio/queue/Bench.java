package dev.crossdev.virtio.queue;

import dev.crossdev.dmabuf.memory.ReceivedMemories;
import dev.crossdev.testing.memory.ShrinkableMemory;
import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.RamGuestMemory;
import dev.crossdev.virtio.memory.SharedGuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Guest memory with a driver's ring at its beginning and free room behind it: mapped by the device, or copied. */
final class Bench implements AutoCloseable {

    static final long BASE = 0x4000_0000L;
    static final int ROOM = 1 << 20;

    final GuestMemory memory;
    final RingDriver driver;
    final RingDriver.Features features;
    /** Guest address of the room. */
    final long room;

    private final @Nullable ShrinkableMemory shrinkable;
    private final MemorySegment all;
    private final Runnable end;

    Bench(int size, boolean indirect, boolean eventIndex) {
        this(size, indirect, eventIndex, false);
    }

    Bench(int size, boolean indirect, boolean eventIndex, boolean copied) {
        long ring = RingDriver.bytes(size, 128);
        MemoryRegion region = new MemoryRegion(BASE, ring + ROOM);
        if (copied) {
            ShrinkableMemory file = new ShrinkableMemory(region.size());
            ReceivedMemories received = new ReceivedMemories(region.size());
            RamGuestMemory ram = new RamGuestMemory();
            ram.replace(List.of(new RamGuestMemory.Slot(region, received.adopt(file.duplicate()), 0)));
            memory = ram;
            all = file.segment();
            shrinkable = file;
            end = () -> {
                ram.close();
                received.close();
                file.close();
            };
        } else {
            memory = SharedGuestMemory.create("ring", List.of(region));
            all = memory.contiguous(BASE, region.size()).orElseThrow();
            shrinkable = null;
            end = memory::close;
        }
        features = new RingDriver.Features(indirect, eventIndex);
        driver = new RingDriver(all.asSlice(0, ring), BASE, size, 128, features);
        room = BASE + ring;
    }

    /** Takes away what lies behind; of memory that is copied. */
    void shrinkTo(long address) {
        Objects.requireNonNull(shrinkable).shrink(address - BASE);
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
        return all.asSlice(address - BASE, length);
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
        end.run();
    }
}
