package dev.crossdev.virtio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {

    private static final MemoryRegion LOW = new MemoryRegion(0x1000, 0x2000);
    private static final MemoryRegion HIGH = new MemoryRegion(-0x1000, 0x1000);
    private static final List<MemoryRegion> REGIONS = List.of(HIGH, LOW);

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    @Test
    void guestAndDeviceSeeTheSameBytes() {
        try (SharedGuestMemory guest = SharedGuestMemory.create("guest", REGIONS);
                SharedGuestMemory device = new SharedGuestMemory(guest.memory().duplicate(), REGIONS)) {
            guest.write(0x2ffe, new byte[] {1, 2});
            guest.write(-2, new byte[] {3, 4});

            assertThat(device.read(0x2ffe, 2)).containsExactly(1, 2);
            assertThat(device.read(-2, 2)).containsExactly(3, 4);
            assertThat(device.contiguous(-2, 2))
                    .hasValueSatisfying(segment ->
                            assertThat(segment.toArray(ValueLayout.JAVA_BYTE)).containsExactly(3, 4));
        }
    }

    @Test
    void regionsLieInTheBackingInTheOrderGiven() {
        try (SharedGuestMemory memory = SharedGuestMemory.create("guest", REGIONS)) {
            memory.write(0x1000, new byte[] {7});

            assertThat(memory.memory().segment().get(ValueLayout.JAVA_BYTE, 0x1000))
                    .isEqualTo((byte) 7);
            assertThat(memory.regions()).containsExactly(LOW, HIGH);
        }
    }

    @Test
    void whatIsNotWhollyInsideARegionIsAFaultAndTouchesNothing() {
        try (SharedGuestMemory memory = SharedGuestMemory.create("guest", REGIONS)) {
            for (long address : new long[] {0, 0xffe, 0x2fff, 0x3000, -0x1001, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertErrno(Errno.EFAULT, () -> memory.write(address, new byte[] {1, 2}));
                assertErrno(Errno.EFAULT, () -> memory.read(address, 2));
                assertThat(memory.contiguous(address, 2)).isEmpty();
                assertThat(memory.contains(address, 2)).isFalse();
            }
            assertThat(memory.memory().segment().asSlice(0, 0x3000).toArray(ValueLayout.JAVA_BYTE))
                    .containsOnly(0);
        }
    }

    @Test
    void sumsOfAddressAndLengthCannotWrap() {
        try (SharedGuestMemory memory = SharedGuestMemory.create("guest", REGIONS)) {
            assertThat(memory.contains(0x1000, Long.MAX_VALUE)).isFalse();
            assertThat(memory.contains(0x1000, -1)).isFalse();
            assertThat(memory.contains(-0x1000, 0x1001)).isFalse();
            assertThat(memory.contains(-0x1000, 0x1000)).isTrue();
            assertThat(memory.contains(0x1000, 0)).isTrue();
            assertThat(memory.contiguous(0x1000, -1)).isEmpty();
        }
    }

    @Test
    void regionsThatCannotBeAreRefused() {
        assertErrno(Errno.EINVAL, () -> SharedGuestMemory.create("guest", List.of(LOW, new MemoryRegion(0x2fff, 1))));
        assertErrno(Errno.EINVAL, () -> SharedGuestMemory.create("guest", List.of(LOW, LOW)));
        assertErrno(Errno.EINVAL, () -> SharedGuestMemory.create("guest", List.of()));
        assertErrno(
                Errno.EINVAL,
                () -> SharedGuestMemory.create(
                        "guest", List.of(new MemoryRegion(0, Long.MAX_VALUE), new MemoryRegion(-10, 5))));
        assertThatThrownBy(() -> new MemoryRegion(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MemoryRegion(-1, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThat(new MemoryRegion(-1, 1).contains(-1, 1)).isTrue();
    }

    @Test
    void memoryTooSmallForItsRegionsIsRefusedAndClosed() {
        SharedMemory small = SharedMemory.create("small", 0x2000);

        assertErrno(Errno.EINVAL, () -> new SharedGuestMemory(small, REGIONS));

        assertThat(small.isClosed()).isTrue();
    }

    @Test
    void afterItsEndEveryAccessIsAFault() {
        SharedGuestMemory memory = SharedGuestMemory.create("guest", REGIONS);
        memory.close();
        memory.close();

        assertErrno(Errno.EFAULT, () -> memory.read(0x1000, 1));
        assertErrno(Errno.EFAULT, () -> memory.write(0x1000, new byte[1]));
        assertThat(memory.contiguous(0x1000, 1)).isEmpty();
    }

    @Test
    void aWindowSendsBackWhatTheDeviceWroteAndNothingElse() {
        try (WindowGuestMemory window = WindowGuestMemory.create("window", REGIONS)) {
            window.applyGuestWrite(0x1000, new byte[] {1, 2, 3, 4});
            assertThat(window.read(0x1000, 4)).containsExactly(1, 2, 3, 4);
            assertThat(window.takeDeviceWrites()).isEmpty();

            window.write(0x1002, new byte[] {5});
            window.write(0x1003, new byte[] {6});
            window.write(-2, new byte[] {7, 8});
            window.applyGuestWrite(0x1002, new byte[] {9});
            List<WindowGuestMemory.Write> writes = window.takeDeviceWrites();

            assertThat(writes).extracting(WindowGuestMemory.Write::address).containsExactly(0x1002L, -2L);
            assertThat(bytesOf(writes.get(0))).containsExactly(9, 6);
            assertThat(bytesOf(writes.get(1))).containsExactly(7, 8);
            assertThat(window.takeDeviceWrites()).isEmpty();
        }
    }

    @Test
    void aWindowIsToldOfWritesThroughItsSegment() {
        try (WindowGuestMemory window = WindowGuestMemory.create("window", REGIONS)) {
            window.contiguous(0x2000, 16).orElseThrow().fill((byte) 3);
            window.deviceWrote(0x2000, 16);
            window.deviceWrote(0x2ff0, 0x20);
            window.deviceWrote(0x2000, 0);

            assertThat(window.takeDeviceWrites()).singleElement().satisfies(write -> {
                assertThat(write.address()).isEqualTo(0x2000);
                assertThat(bytesOf(write)).hasSize(16).containsOnly(3);
            });
        }
    }

    @Test
    void aWriteOutsideTheWindowIsAFaultFromEitherSide() {
        try (WindowGuestMemory window = WindowGuestMemory.create("window", REGIONS)) {
            assertErrno(Errno.EFAULT, () -> window.applyGuestWrite(0, new byte[1]));
            assertErrno(Errno.EFAULT, () -> window.write(0, new byte[1]));
            assertThat(window.takeDeviceWrites()).isEmpty();
        }
    }

    @Test
    void rangesThatTouchBecomeOneHoweverTheyCome() {
        Random random = new Random(31);
        for (int round = 0; round < 300; round++) {
            DirtyRanges ranges = new DirtyRanges();
            boolean[] model = new boolean[64];
            for (int i = 0; i < 1 + random.nextInt(12); i++) {
                int from = random.nextInt(64);
                int length = 1 + random.nextInt(Math.min(8, 64 - from));
                // At the very top of the address space, where sums would wrap.
                ranges.add(from - 64L, length);
                Arrays.fill(model, from, from + length, true);
            }
            TreeMap<Long, Long> expected = new TreeMap<>(Long::compareUnsigned);
            for (int i = 0; i < 64; i++) {
                if (model[i]) {
                    int end = i;
                    while (end < 64 && model[end]) {
                        end++;
                    }
                    expected.put(i - 64L, (long) end - i);
                    i = end;
                }
            }
            TreeMap<Long, Long> found = new TreeMap<>(Long::compareUnsigned);
            ranges.take().forEach(range -> found.put(range.address(), range.size()));
            assertThat(found).isEqualTo(expected);
        }
    }

    private static byte[] bytesOf(WindowGuestMemory.Write write) {
        MemorySegment bytes = write.bytes();
        return bytes.toArray(ValueLayout.JAVA_BYTE);
    }
}
