package dev.crossdev.dmabuf.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.testing.memory.ShrinkableMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory of somebody who may shrink it: nothing that he does is a fault here. */
class UnsealedMemoryTest {

    private static final int SIZE = 1 << 18;

    private final ShrinkableMemory owner = new ShrinkableMemory(SIZE);
    private final ReceivedMemories memories = new ReceivedMemories(1 << 20);
    private UnsealedMemory memory;

    @BeforeEach
    void receive() {
        memory = (UnsealedMemory) memories.adopt(owner.duplicate());
    }

    @AfterEach
    void letGo() {
        memories.close();
        owner.close();
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new Random(bytes).nextBytes(random);
        return random;
    }

    @Test
    void whatOneSideWritesTheOtherReads() {
        try (Arena arena = Arena.ofConfined()) {
            for (int size : new int[] {0, 1, 2, 4096, 65_536, 65_537, 200_000}) {
                byte[] bytes = random(size);
                memory.write(3, MemorySegment.ofArray(bytes));
                assertThat(owner.segment().asSlice(3, size).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(bytes);
                byte[] back = new byte[size];
                memory.read(3, MemorySegment.ofArray(back));
                assertThat(back).isEqualTo(bytes);

                MemorySegment offHeap = arena.allocate(Math.max(1, size)).asSlice(0, size);
                memory.read(3, offHeap);
                assertThat(offHeap.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
                offHeap.fill((byte) 7);
                memory.write(3, offHeap);
                assertThat(owner.segment().asSlice(3, size).toArray(ValueLayout.JAVA_BYTE))
                        .containsOnly(size == 0 ? new byte[0] : new byte[] {7});
            }
        }
    }

    @Test
    void whatWasCutOffIsGoneAndStaysGone() {
        byte[] bytes = new byte[8192];
        owner.shrink(SIZE / 2);

        memory.read(0, MemorySegment.ofArray(bytes));
        assertErrno(Errno.EFAULT, () -> memory.read(SIZE / 2 - 4096, MemorySegment.ofArray(bytes)));
        assertErrno(Errno.EFAULT, () -> memory.write(SIZE / 2 - 4096, MemorySegment.ofArray(bytes)));
        assertErrno(Errno.EFAULT, () -> memory.increment(SIZE / 2 + 2));
        assertErrno(Errno.EFAULT, () -> memory.read(SIZE - 1, MemorySegment.ofArray(new byte[1])));
    }

    @Test
    void anIndexMovesOnWithoutItsNeighbour() {
        owner.segment().set(ValueLayout.JAVA_SHORT, 4096, (short) 0x1234);
        owner.segment().set(ValueLayout.JAVA_SHORT, 4098, (short) 0x00fe);
        for (int next : new int[] {0x00ff, 0x0100, 0x0101}) {
            memory.increment(4098);
            assertThat(owner.segment().get(ValueLayout.JAVA_SHORT, 4098)).isEqualTo((short) next);
        }
        owner.segment().set(ValueLayout.JAVA_SHORT, 4098, (short) -1);
        memory.increment(4098);
        assertThat(owner.segment().get(ValueLayout.JAVA_INT, 4096)).isEqualTo(0x1234);
        assertErrno(Errno.EINVAL, () -> memory.increment(4096));
        assertErrno(Errno.EINVAL, () -> memory.increment(4097));
    }

    @Test
    void outsideIsEfault() {
        for (long offset : new long[] {-1, SIZE, SIZE - 3, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertErrno(Errno.EFAULT, () -> memory.read(offset, MemorySegment.ofArray(new byte[4])));
            assertErrno(Errno.EFAULT, () -> memory.write(offset, MemorySegment.ofArray(new byte[4])));
        }
        assertErrno(Errno.EFAULT, () -> memory.increment(SIZE + 2));
    }

    @Test
    void closedIsEfaultAndTheOwnerKeepsIt() {
        memories.close();
        assertThat(memory.isClosed()).isTrue();
        assertErrno(Errno.EFAULT, () -> memory.read(0, MemorySegment.ofArray(new byte[1])));
        assertErrno(Errno.EFAULT, () -> memory.increment(2));
        memory.close();
        assertThat(owner.segment().get(ValueLayout.JAVA_BYTE, 0)).isZero();
    }

    @Test
    void theSameMemoryHandedOverAgainIsTheSame() {
        assertThat(memories.adopt(owner.duplicate())).isSameAs(memory);
        memories.retain(List.of(memory));
        assertThat(memory.isClosed()).isFalse();
        memories.retain(List.of());
        assertThat(memory.isClosed()).isTrue();
    }

    @Test
    void whatCanBeSealedIsSealedAndMapped() {
        int descriptor = MemoryCalls.memfdCreate("sealable");
        assertThat(MemoryCalls.ftruncate(descriptor, 8192)).isZero();
        int kept = MemoryCalls.duplicate(descriptor);
        try {
            assertThat(memories.adopt(descriptor)).isInstanceOf(SharedMemory.class);
            assertThat(MemoryCalls.ftruncate(kept, 4096)).isEqualTo(-Errno.EPERM.number());
        } finally {
            Libc.close(kept);
        }
    }

    /** A pipe stands for what is no memory at all; a file on a disk may keep its reader waiting. */
    @Test
    void whatIsNeitherSealableNorInTmpfsIsRefusedWithTheFix() throws IOException {
        int notMemory = EventDescriptor.create().descriptor();
        assertThatThrownBy(() -> memories.adopt(notMemory))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
                .hasMessageContaining("memfd")
                .hasMessageContaining("/dev/shm");
        assertThat(Files.exists(Path.of("/proc/self/fd/" + notMemory))).isFalse();
    }

    @Test
    void anEmptyOneIsRefused() {
        try (ShrinkableMemory empty = new ShrinkableMemory(4096)) {
            empty.shrink(0);
            assertErrno(Errno.EINVAL, () -> memories.adopt(empty.duplicate()));
        }
    }
}
