package dev.crossdev.virtio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.ReceivedMemories;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.testing.memory.ShrinkableMemory;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A machine with a piece of RAM that is sealed and one that is not. */
class RamGuestMemoryTest {

    private static final long SEALED = 0x1000;
    private static final long UNSEALED = 0x100_000;
    private static final int SIZE = 8192;

    private final SharedMemory sealed = SharedMemory.create("sealed", SIZE);
    private final ShrinkableMemory file = new ShrinkableMemory(SIZE);
    private final ReceivedMemories memories = new ReceivedMemories(1 << 20);
    private final RamGuestMemory ram = new RamGuestMemory();
    private GuestMemory device;

    @BeforeEach
    void install() {
        ram.replace(List.of(
                new RamGuestMemory.Slot(new MemoryRegion(SEALED, SIZE), sealed, 0),
                new RamGuestMemory.Slot(new MemoryRegion(UNSEALED, SIZE), memories.adopt(file.duplicate()), 0)));
        device = ram.lend();
    }

    @AfterEach
    void takeAway() {
        ram.close();
        memories.close();
        file.close();
        sealed.close();
    }

    @Test
    void bothAreReadAndWrittenAndTheirIndexesMove() {
        for (long base : new long[] {SEALED, UNSEALED}) {
            device.write(base + 5, new byte[] {1, 2, 3});
            assertThat(device.read(base + 4, 5)).containsExactly(0, 1, 2, 3, 0);
            device.write(base + 64, new byte[] {8, 9, -1, 0});
            device.increment(base + 66);
            assertThat(device.read(base + 64, 4)).containsExactly(8, 9, 0, 1);
        }
    }

    @Test
    void onlySealedMemoryLeavesThisProcessOrReachesNativeCode() {
        assertThat(device.contiguous(SEALED, SIZE)).isPresent();
        assertThat(device.shared(SEALED, SIZE)).isPresent();
        assertThat(device.contiguous(UNSEALED, SIZE)).isEmpty();
        assertThat(device.shared(UNSEALED, SIZE)).isEmpty();
        ScatterList both = new ScatterList(device, List.of(new MemEntry(SEALED, 16), new MemEntry(UNSEALED, 16)));
        assertThat(both.shared(16)).isPresent();
        assertThat(both.shared(32)).isEmpty();
    }

    @Test
    void whatItsOwnerCutOffAndALoanThatIsOverAreEfault() {
        file.shrink(4096);
        assertThat(device.read(UNSEALED, 4096)).hasSize(4096);
        assertThatThrownBy(() -> device.read(UNSEALED, SIZE)).isInstanceOf(ErrnoException.class);
        assertThatThrownBy(() -> device.write(UNSEALED + 4096, new byte[1])).isInstanceOf(ErrnoException.class);
        device.close();
        assertThatThrownBy(() -> device.increment(SEALED + 2)).isInstanceOf(ErrnoException.class);
        assertThatThrownBy(() -> device.read(UNSEALED, 1)).isInstanceOf(ErrnoException.class);
    }
}
