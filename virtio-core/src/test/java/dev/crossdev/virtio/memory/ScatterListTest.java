package dev.crossdev.virtio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScatterListTest {

    private final SharedGuestMemory memory =
            SharedGuestMemory.create("guest", List.of(new MemoryRegion(0x10000, 0x1000)));

    /** Five bytes in four pieces, out of order, one of them empty. */
    private final ScatterList list = new ScatterList(
            memory,
            List.of(
                    new MemEntry(0x10010, 2),
                    new MemEntry(0x10000, 0),
                    new MemEntry(0x10020, 1),
                    new MemEntry(0x10000, 2)));

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void gathersAndScattersInTheOrderOfItsEntries() {
        assertThat(list.copyFrom(0, MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5})))
                .isEqualTo(5);

        assertThat(memory.read(0x10010, 2)).containsExactly(1, 2);
        assertThat(memory.read(0x10020, 2)).containsExactly(3, 0);
        assertThat(memory.read(0x10000, 3)).containsExactly(4, 5, 0);
        byte[] back = new byte[5];
        assertThat(list.copyTo(0, MemorySegment.ofArray(back))).isEqualTo(5);
        assertThat(back).containsExactly(1, 2, 3, 4, 5);
        assertThat(list.size()).isEqualTo(5);
    }

    @Test
    void beginsAnywhereAndEndsWhereItEnds() {
        list.copyFrom(0, MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5}));
        byte[] target = new byte[4];

        assertThat(list.copyTo(3, MemorySegment.ofArray(target))).isEqualTo(2);
        assertThat(target).containsExactly(4, 5, 0, 0);
        assertThat(list.copyTo(5, MemorySegment.ofArray(target))).isZero();
        assertThat(list.copyTo(-1, MemorySegment.ofArray(target))).isZero();
        assertThat(list.copyTo(Long.MIN_VALUE, MemorySegment.ofArray(target))).isZero();
        assertThat(list.copyFrom(4, MemorySegment.ofArray(new byte[] {9, 9}))).isEqualTo(1);
        assertThat(memory.read(0x10001, 2)).containsExactly(9, 0);
    }

    @Test
    void refusesEntriesOutsideGuestMemory() {
        for (MemEntry bad : List.of(
                new MemEntry(0x10fff, 2), new MemEntry(0xffff, 1), new MemEntry(0x10000, -1), new MemEntry(-1, 1))) {
            assertThatThrownBy(() -> new ScatterList(memory, List.of(new MemEntry(0x10000, 1), bad)))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EFAULT));
        }
    }

    @Test
    void withoutEntriesThereIsNothing() {
        ScatterList empty = new ScatterList(memory, List.of());

        assertThat(empty.size()).isZero();
        assertThat(empty.copyTo(0, MemorySegment.ofArray(new byte[1]))).isZero();
    }

    @Test
    void faultsWhenTheMemoryIsGone() {
        memory.close();

        assertThatThrownBy(() -> list.copyTo(0, MemorySegment.ofArray(new byte[1])))
                .isInstanceOf(ErrnoException.class);
    }

    @Test
    void agreesWithAPlainCopyForRandomListsAndRanges() {
        Random random = new Random(41);
        byte[] content = new byte[0x1000];
        random.nextBytes(content);
        memory.write(0x10000, content);
        for (int round = 0; round < 500; round++) {
            List<MemEntry> entries = new ArrayList<>();
            byte[] flat = new byte[0];
            for (int i = 0; i < random.nextInt(10); i++) {
                int from = random.nextInt(0x1000);
                int length = random.nextInt(Math.min(50, 0x1000 - from + 1));
                entries.add(new MemEntry(0x10000L + from, length));
                int end = flat.length;
                flat = Arrays.copyOf(flat, end + length);
                System.arraycopy(content, from, flat, end, length);
            }
            int offset = random.nextInt(flat.length + 3);
            byte[] target = new byte[random.nextInt(200)];

            long copied = new ScatterList(memory, entries).copyTo(offset, MemorySegment.ofArray(target));

            int expected = Math.max(0, Math.min(target.length, flat.length - offset));
            assertThat(copied).isEqualTo(expected);
            assertThat(Arrays.copyOf(target, expected))
                    .isEqualTo(expected == 0 ? new byte[0] : Arrays.copyOfRange(flat, offset, offset + expected));
        }
    }
}
