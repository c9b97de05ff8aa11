package dev.crossdev.dmabuf.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinearMappingTest {
    private static final long PAGE = SharedMemory.PAGE;

    private final SharedMemory first = SharedMemory.create("linear-first", 8 * PAGE);
    private final SharedMemory second = SharedMemory.create("linear-second", 8 * PAGE);

    @AfterEach
    void close() {
        first.close();
        second.close();
    }

    @Test
    void scatteredPagesOfTwoMemoriesAreOneRunInTheirOrder() {
        List<MemoryPiece> pieces = List.of(
                new MemoryPiece(first, 5 * PAGE, PAGE),
                new MemoryPiece(second, 0, 2 * PAGE),
                new MemoryPiece(first, PAGE, 100));
        try (LinearMapping linear = LinearMapping.map(pieces)) {
            MemorySegment run = linear.segment();
            assertThat(run.byteSize()).isEqualTo(3 * PAGE + 100);
            for (long at = 0; at < run.byteSize(); at++) {
                run.set(ValueLayout.JAVA_BYTE, at, (byte) (at % 251));
            }
            long at = 0;
            for (MemoryPiece piece : pieces) {
                assertThat(piece.segment().mismatch(run.asSlice(at, piece.length())))
                        .isEqualTo(-1);
                at += piece.length();
            }
            second.segment().set(ValueLayout.JAVA_BYTE, 7, (byte) -1);
            assertThat(run.get(ValueLayout.JAVA_BYTE, PAGE + 7)).isEqualTo((byte) -1);
        }
    }

    @Test
    void thePagesOutliveTheMemoriesTheyWereMappedFrom() {
        LinearMapping linear =
                LinearMapping.map(List.of(new MemoryPiece(first, 0, PAGE), new MemoryPiece(second, 0, PAGE)));
        first.close();
        second.close();

        linear.segment().fill((byte) 3);

        assertThat(linear.segment().get(ValueLayout.JAVA_BYTE, 2 * PAGE - 1)).isEqualTo((byte) 3);
        linear.close();
        linear.close();
        assertThatThrownBy(() -> linear.segment().get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void onlyWholePagesCanBeMappedAndTheLastMayEndAnywhere() {
        MemoryPiece whole = new MemoryPiece(first, 0, PAGE);
        assertThat(LinearMapping.isPossible(List.of())).isFalse();
        assertThat(LinearMapping.isPossible(List.of(whole, new MemoryPiece(second, 0, 1))))
                .isTrue();
        assertThat(LinearMapping.isPossible(List.of(new MemoryPiece(second, 0, 1), whole)))
                .isFalse();
        assertThat(LinearMapping.isPossible(List.of(whole, new MemoryPiece(second, 8, PAGE))))
                .isFalse();
        assertThatThrownBy(() -> LinearMapping.map(List.of(new MemoryPiece(second, 8, PAGE))))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void neighboursBecomeOnePiece() {
        assertThat(MemoryPiece.merged(List.of(
                        new MemoryPiece(first, 0, PAGE),
                        new MemoryPiece(first, PAGE, 10),
                        new MemoryPiece(first, PAGE + 10, 6),
                        new MemoryPiece(second, PAGE + 16, 8),
                        new MemoryPiece(second, 0, 8))))
                .containsExactly(
                        new MemoryPiece(first, 0, PAGE + 16),
                        new MemoryPiece(second, PAGE + 16, 8),
                        new MemoryPiece(second, 0, 8));
    }

    @Test
    void aPieceLiesInsideItsMemory() {
        for (long[] outside : new long[][] {{-1, 1}, {0, 0}, {0, 8 * PAGE + 1}, {8 * PAGE, 1}, {1, Long.MAX_VALUE}}) {
            assertThatThrownBy(() -> new MemoryPiece(first, outside[0], outside[1]))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
    }

    @Test
    void nothingStaysMappedAfterManyRounds() throws IOException {
        long before = mappings();
        for (int i = 0; i < 200; i++) {
            LinearMapping.map(List.of(
                            new MemoryPiece(first, 2 * PAGE, PAGE),
                            new MemoryPiece(second, 0, PAGE),
                            new MemoryPiece(first, 0, PAGE)))
                    .close();
        }
        assertThat(mappings()).isEqualTo(before);
    }

    /** Of this test's memories, which nobody else maps. */
    private static long mappings() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("memfd:linear-"))
                .count();
    }
}
