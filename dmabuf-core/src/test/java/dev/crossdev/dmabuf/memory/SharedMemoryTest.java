package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedMemoryTest {
    private static final int ALL_SEALS = MemoryCalls.F_SEAL_SHRINK | MemoryCalls.F_SEAL_GROW | MemoryCalls.F_SEAL_SEAL;

    private long liveBefore;
    private long bytesBefore;

    @BeforeEach
    void countBefore() {
        liveBefore = SharedMemory.live();
        bytesBefore = SharedMemory.liveBytes();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(SharedMemory.live()).isEqualTo(liveBefore);
        assertThat(SharedMemory.liveBytes()).isEqualTo(bytesBefore);
    }

    @Test
    void aCloseWhileTheKernelWritesIntoItUnmapsOnlyWhenThatHasEnded() throws Exception {
        long before = SharedMemory.live();
        Pipe pipe = Pipe.open();
        SharedMemory memory = SharedMemory.create("test", 4096);
        ByteBuffer bytes = memory.segment().asByteBuffer();
        CompletableFuture<Integer> read = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            try (ReadableByteChannel source = pipe.source()) {
                read.complete(source.read(bytes));
            } catch (IOException e) {
                read.completeExceptionally(e);
            }
        });
        await().until(() -> Arrays.stream(reader.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().startsWith("read0")));

        memory.close();

        assertThat(memory.isClosed()).isTrue();
        assertThat(SharedMemory.live()).as("still mapped").isEqualTo(before + 1);
        try (WritableByteChannel sink = pipe.sink()) {
            assertThat(sink.write(ByteBuffer.wrap(new byte[] {1, 2, 3}))).isEqualTo(3);
        }
        assertThat(read.get(30, TimeUnit.SECONDS)).isEqualTo(3);
        await().until(() -> SharedMemory.live() == before);
    }

    @Test
    void isZeroedRoundedToPagesAndCounted() {
        try (SharedMemory memory = SharedMemory.create("test", 5000)) {
            assertThat(memory.size()).isEqualTo(8192);
            assertThat(memory.segment().byteSize()).isEqualTo(8192);
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
            assertThat(SharedMemory.live()).isEqualTo(liveBefore + 1);
            assertThat(SharedMemory.liveBytes()).isEqualTo(bytesBefore + 8192);
        }
    }

    @Test
    void isSealedSoThatNobodyCanShrinkOrGrowIt() {
        try (SharedMemory memory = SharedMemory.create("test", 8192)) {
            assertThat(MemoryCalls.getSeals(memory.descriptor()) & ALL_SEALS).isEqualTo(ALL_SEALS);
            assertThat(MemoryCalls.ftruncate(memory.descriptor(), 4096)).isEqualTo(-Errno.EPERM.number());
            assertThat(MemoryCalls.ftruncate(memory.descriptor(), 16384)).isEqualTo(-Errno.EPERM.number());
            assertThat(MemoryCalls.addSeals(memory.descriptor(), MemoryCalls.F_SEAL_WRITE))
                    .isEqualTo(-Errno.EPERM.number());
        }
    }

    @Test
    void isAllocatedInFullWhenMade() {
        try (SharedMemory memory = SharedMemory.create("test", 1 << 20)) {
            assertThat(MemoryCalls.fileSize(memory.descriptor()).allocated()).isEqualTo(1 << 20);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void ofNoSizeIsEinval(long size) {
        assertErrno(Errno.EINVAL, () -> SharedMemory.create("test", size));
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 45, 1L << 62, Long.MAX_VALUE - 1, Long.MAX_VALUE})
    void ofAbsurdSizeIsEnomemAndLeavesNoDescriptor(long size) throws IOException {
        SharedMemory.create("warm up", 1).close();
        long before = descriptors();

        assertErrno(Errno.ENOMEM, () -> SharedMemory.create("test", size));

        assertThat(descriptors()).isEqualTo(before);
    }

    @Test
    void aLabelThatTheKernelWouldRefuseIsEinval() {
        assertErrno(Errno.EINVAL, () -> SharedMemory.create("x".repeat(250), 1));
        assertErrno(Errno.EINVAL, () -> SharedMemory.create("a\0b", 1));
        SharedMemory.create("x".repeat(249), 1).close();
    }

    @Test
    void aSliceOutsideIsEinvalAndOneInsideIsTheSameMemory() {
        try (SharedMemory memory = SharedMemory.create("test", 4096)) {
            memory.slice(4088, 8).set(JAVA_LONG, 0, 0x1122334455667788L);

            assertThat(memory.segment().get(JAVA_LONG, 4088)).isEqualTo(0x1122334455667788L);
            assertThat(memory.slice(4096, 0).byteSize()).isZero();
            assertErrno(Errno.EINVAL, () -> memory.slice(4089, 8));
            assertErrno(Errno.EINVAL, () -> memory.slice(-1, 1));
            assertErrno(Errno.EINVAL, () -> memory.slice(0, -1));
            assertErrno(Errno.EINVAL, () -> memory.slice(Long.MAX_VALUE, Long.MAX_VALUE));
            assertErrno(Errno.EINVAL, () -> memory.slice(1, Long.MAX_VALUE));
        }
    }

    @Test
    void useAfterCloseIsAnIllegalStateAndNeverAFault() {
        SharedMemory memory = SharedMemory.create("test", 4096);
        MemorySegment whole = memory.segment();
        MemorySegment part = memory.slice(16, 16);
        memory.close();

        assertThat(memory.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(memory::segment);
        assertThatIllegalStateException().isThrownBy(() -> memory.slice(0, 1));
        assertThatIllegalStateException().isThrownBy(memory::descriptor);
        assertThatIllegalStateException().isThrownBy(memory::hold);
        assertThatIllegalStateException().isThrownBy(memory::duplicate);
        assertThatIllegalStateException().isThrownBy(() -> whole.get(JAVA_BYTE, 0));
        assertThatIllegalStateException().isThrownBy(() -> part.set(JAVA_BYTE, 0, (byte) 1));
        assertThat(memory.tryHold()).isEmpty();
    }

    @Test
    void closingTwiceClosesOneDescriptor() throws IOException {
        SharedMemory memory = SharedMemory.create("test", 4096);
        int number = memory.descriptor();
        memory.close();
        // The lowest free number is given out next, so this one likely has the same.
        try (SharedMemory next = SharedMemory.create("next", 4096)) {
            memory.close();

            assertThat(next.descriptor()).isEqualTo(number);
            assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + number))
                            .toString())
                    .contains("next");
        }
    }

    @Test
    void aHoldKeepsMappingAndDescriptorPastClose() {
        SharedMemory memory = SharedMemory.create("test", 4096);
        SharedMemory.Hold first = memory.hold();
        SharedMemory.Hold second = memory.hold();
        MemorySegment whole = first.segment();
        memory.close();

        whole.set(JAVA_BYTE, 0, (byte) 7);
        first.close();
        first.close();
        assertThatIllegalStateException().isThrownBy(first::segment);
        assertThat(second.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 7);
        assertThat(MemoryCalls.getSeals(second.descriptor()) & ALL_SEALS).isEqualTo(ALL_SEALS);
        assertThat(SharedMemory.live()).isEqualTo(liveBefore + 1);

        second.close();
        assertThatIllegalStateException().isThrownBy(() -> whole.get(JAVA_BYTE, 0));
    }

    @Test
    void aDuplicateIsTheSameMemoryWithALifeOfItsOwn() {
        SharedMemory memory = SharedMemory.create("test", 4096);
        SharedMemory copy = memory.duplicate();
        memory.segment().set(JAVA_BYTE, 9, (byte) 9);
        memory.close();

        assertThat(copy.segment().get(JAVA_BYTE, 9)).isEqualTo((byte) 9);
        copy.close();
    }

    @Test
    void whatIsReceivedIsTheSameMemory() {
        try (SharedMemory memory = SharedMemory.create("test", 4096);
                SharedMemory received = SharedMemory.receive(MemoryCalls.duplicate(memory.descriptor()), 4096)) {
            received.segment().set(JAVA_BYTE, 1, (byte) 42);

            assertThat(received.size()).isEqualTo(4096);
            assertThat(memory.segment().get(JAVA_BYTE, 1)).isEqualTo((byte) 42);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, MemoryCalls.F_SEAL_SHRINK, MemoryCalls.F_SEAL_GROW, 14, 22})
    void withoutBothSealsOrSealedForWritingItIsRefusedAndClosed(int seals) throws IOException {
        int raw = MemoryCalls.memfdCreate("raw");
        assertThat(MemoryCalls.ftruncate(raw, 4096)).isZero();
        assertThat(MemoryCalls.addSeals(raw, seals)).isZero();
        long before = descriptors();

        assertErrno(Errno.EINVAL, () -> SharedMemory.receive(raw, 1));

        assertThat(descriptors()).isEqualTo(before - 1);
    }

    @Test
    void whatIsNoMemfdIsRefused() {
        assertErrno(Errno.EINVAL, () -> SharedMemory.receive(SocketCalls.socket(), 1));
        assertErrno(Errno.EINVAL, () -> SharedMemory.receive(-1, 1));
        assertErrno(Errno.EINVAL, () -> SharedMemory.receive(1 << 20, 1));
    }

    @Test
    void whatIsTooSmallIsRefused() {
        try (SharedMemory memory = SharedMemory.create("test", 4096)) {
            int copy = MemoryCalls.duplicate(memory.descriptor());

            assertErrno(Errno.EINVAL, () -> SharedMemory.receive(copy, 4097));
        }
        int empty = MemoryCalls.memfdCreate("empty");
        assertThat(MemoryCalls.addSeals(empty, ALL_SEALS)).isZero();
        assertErrno(Errno.EINVAL, () -> SharedMemory.receive(empty, 0));
    }

    @Test
    void whatWasNotAllocatedInFullIsAllocatedOnReceipt() {
        int sparse = MemoryCalls.memfdCreate("sparse");
        assertThat(MemoryCalls.ftruncate(sparse, 1 << 20)).isZero();
        assertThat(MemoryCalls.addSeals(sparse, ALL_SEALS)).isZero();

        try (SharedMemory memory = SharedMemory.receive(sparse, 1)) {
            assertThat(MemoryCalls.fileSize(memory.descriptor()).allocated()).isEqualTo(1 << 20);
        }
    }

    @Test
    void whatClaimsMoreThanTheMachineHasIsEnomem() {
        int vast = MemoryCalls.memfdCreate("vast");
        assertThat(MemoryCalls.ftruncate(vast, 1L << 45)).isZero();
        assertThat(MemoryCalls.addSeals(vast, ALL_SEALS)).isZero();

        assertErrno(Errno.ENOMEM, () -> SharedMemory.receive(vast, 1));
    }

    @Test
    void closingWhileOthersReadHurtsNobody() throws InterruptedException {
        for (int round = 0; round < 50; round++) {
            SharedMemory memory = SharedMemory.create("test", 1 << 16);
            MemorySegment whole = memory.segment();
            CountDownLatch started = new CountDownLatch(3);
            AtomicReference<Throwable> other = new AtomicReference<>();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(Thread.ofPlatform().start(() -> {
                    started.countDown();
                    try {
                        while (true) {
                            whole.fill((byte) 1);
                        }
                    } catch (IllegalStateException _) {
                        // Closed: as expected.
                    } catch (Throwable e) {
                        other.set(e);
                    }
                }));
            }
            started.await();
            memory.close();
            for (Thread reader : readers) {
                assertThat(reader.join(java.time.Duration.ofSeconds(10))).isTrue();
            }
            assertThat(other.get()).isNull();
        }
    }

    @Test
    void tenThousandCyclesLeaveNothing() throws IOException {
        SharedMemory.create("warm up", 1).close();
        long before = descriptors();
        for (int i = 0; i < 10_000; i++) {
            try (SharedMemory memory = SharedMemory.create("cycle", 4096)) {
                if (i % 100 == 0) {
                    memory.segment().set(JAVA_BYTE, 0, (byte) 1);
                }
            }
        }
        assertThat(descriptors()).isEqualTo(before);
    }

    /** Open descriptors of the kinds that this package makes: a JVM opens jars when it likes. */
    static long descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.filter(SharedMemoryTest::isOurs).count();
        }
    }

    private static boolean isOurs(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/memfd:") || target.startsWith("socket:") || target.contains("eventfd");
        } catch (IOException _) {
            // The descriptor of the listing itself is gone by now.
            return false;
        }
    }

    static void assertErrno(Errno errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
