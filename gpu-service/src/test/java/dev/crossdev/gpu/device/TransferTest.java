package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransferTest {
    private static final long MEMORY = TestGpu.MEMORY_ADDRESS;
    private static final int SIZE = 32;
    private static final int STRIDE = SIZE * 4;

    private final TestGpu gpu = new TestGpu();

    @AfterEach
    void close() {
        gpu.close();
    }

    @Test
    void theOffsetIsWhereTheRectanglesFirstPixelLiesInTheBacking() {
        byte[] picture = randomPicture();
        make(new MemEntry(MEMORY, picture.length));
        Rect rect = new Rect(3, 5, 7, 9);

        // As virtgpu_plane.c computes it.
        gpu.ok(new GpuCommand.TransferToHost2d(rect, rect.y() * STRIDE + rect.x() * 4, 1));

        byte[] expected = new byte[picture.length];
        copyRect(picture, expected, rect);
        assertThat(shown()).isEqualTo(expected);
    }

    @Test
    void rowsFollowEachOtherByTheResourcesStride() {
        byte[] picture = randomPicture();
        make(new MemEntry(MEMORY, picture.length));

        gpu.ok(new GpuCommand.TransferToHost2d(new Rect(0, 0, SIZE, 2), 3 * STRIDE, 1));

        byte[] expected = new byte[picture.length];
        System.arraycopy(picture, 3 * STRIDE, expected, 0, 2 * STRIDE);
        assertThat(shown()).isEqualTo(expected);
    }

    @Test
    void scatteredPagesAreOneRunOfBytes() {
        byte[] picture = randomPicture();
        make(new MemEntry(MEMORY + 3000, 1000), new MemEntry(MEMORY + 100_000, 1), new MemEntry(MEMORY + 50_000, 4096));
        gpu.memory.write(MEMORY + 3000, Arrays.copyOf(picture, 1000));
        gpu.memory.write(MEMORY + 100_000, Arrays.copyOfRange(picture, 1000, 1001));
        gpu.memory.write(MEMORY + 50_000, Arrays.copyOfRange(picture, 1001, picture.length));

        gpu.ok(new GpuCommand.TransferToHost2d(Rect.of(SIZE, SIZE), 0, 1));

        assertThat(shown()).isEqualTo(picture);
    }

    @Test
    void aBackingThatIsTooShortGivesWhatItHas() {
        byte[] picture = randomPicture();
        make(new MemEntry(MEMORY, 1000));

        gpu.ok(new GpuCommand.TransferToHost2d(Rect.of(SIZE, SIZE), 0, 1));

        byte[] expected = new byte[picture.length];
        System.arraycopy(picture, 0, expected, 0, 1000);
        assertThat(shown()).isEqualTo(expected);
    }

    @Test
    void manyRowsOfManyPiecesTakeNoTimeToSpeakOf() {
        int height = 1 << 18;
        gpu.ok(new GpuCommand.ResourceCreate2d(2, PixelFormat.R8G8B8X8_UNORM.number(), 2, height));
        gpu.ok(new GpuCommand.ResourceAttachBacking(2, Collections.nCopies(16384, new MemEntry(MEMORY, 128))));
        long start = System.nanoTime();

        gpu.ok(new GpuCommand.TransferToHost2d(new Rect(1, 0, 1, height), 4, 2));

        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    }

    @Test
    void aDetachedBackingIsNotReadAnyMore() {
        make(new MemEntry(MEMORY, SIZE * STRIDE));
        gpu.ok(new GpuCommand.SetScanout(Rect.of(SIZE, SIZE), 0, 1));
        gpu.ok(new GpuCommand.ResourceDetachBacking(1));

        gpu.ok(new GpuCommand.ResourceFlush(Rect.of(SIZE, SIZE), 1));

        assertThat(gpu.capture(0).pixels()).containsOnly(0);
    }

    private byte[] randomPicture() {
        byte[] picture = new byte[SIZE * STRIDE];
        new Random(7).nextBytes(picture);
        gpu.memory.write(MEMORY, picture);
        return picture;
    }

    private void make(MemEntry... backing) {
        gpu.ok(new GpuCommand.ResourceCreate2d(1, PixelFormat.A8R8G8B8_UNORM.number(), SIZE, SIZE));
        gpu.ok(new GpuCommand.ResourceAttachBacking(1, List.of(backing)));
    }

    private byte[] shown() {
        gpu.ok(new GpuCommand.SetScanout(Rect.of(SIZE, SIZE), 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(Rect.of(SIZE, SIZE), 1));
        return gpu.capture(0).pixels();
    }

    private static void copyRect(byte[] from, byte[] to, Rect rect) {
        for (int row = rect.y(); row < rect.bottom(); row++) {
            int at = row * STRIDE + rect.x() * 4;
            System.arraycopy(from, at, to, at, rect.width() * 4);
        }
    }
}
