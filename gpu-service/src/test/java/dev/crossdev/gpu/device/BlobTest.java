package dev.crossdev.gpu.device;

import static dev.crossdev.gpu.device.TestGpu.MEMORY_ADDRESS;
import static dev.crossdev.gpu.device.TestGpu.MEMORY_SIZE;
import static dev.crossdev.virtio.gpu.BlobMem.FLAG_USE_CROSS_DEVICE;
import static dev.crossdev.virtio.gpu.BlobMem.FLAG_USE_MAPPABLE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.virtio.Inspectable.ActiveScanout;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.CursorPosition;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAttachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreateBlob;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceDetachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceFlush;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanout;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanoutBlob;
import dev.crossdev.virtio.gpu.GpuCommand.TransferToHost2d;
import dev.crossdev.virtio.gpu.GpuCommand.UpdateCursor;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Blobs of guest memory (virtio-facts: CREATE_BLOB, SET_SCANOUT_BLOB; QEMU virtio-gpu.c). */
class BlobTest {
    private static final int PAGE = 4096;
    private static final int WIDTH = 32;
    private static final int HEIGHT = 32;
    private static final int BYTES = WIDTH * HEIGHT * 4;
    private static final int BGRX = PixelFormat.B8G8R8X8_UNORM.number();
    private static final Rect WHOLE = Rect.of(WIDTH, HEIGHT);

    private final TestGpu gpu = new TestGpu();

    @AfterEach
    void close() {
        gpu.close();
    }

    @Test
    void withoutTheFeatureEveryBlobCommandIsAnInvalidParameterAndTheDeviceGoesOn() {
        try (TestGpu plain = new TestGpu(GpuSettings.DEFAULT, GpuDevice.OFFERED.without(GpuFeature.RESOURCE_BLOB))) {
            assertThat(plain.code(blob(1, BYTES, 0, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
            assertThat(plain.code(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4, 0)))
                    .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
            plain.resource(1, WIDTH, HEIGHT);
        }
    }

    @Test
    void creatingChecksIdKindFlagsSizeAndPagesInThatOrder() {
        assertThat(gpu.code(blob(0, BYTES, 0, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
        gpu.ok(blob(1, BYTES, 0, pages(0, BYTES)));
        assertThat(gpu.code(blob(1, BYTES, 0, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
        for (int mem : new int[] {0, BlobMem.HOST3D, BlobMem.HOST3D_GUEST, 4}) {
            assertThat(gpu.code(new ResourceCreateBlob(2, mem, 0, 0, BYTES, pages(0, BYTES))))
                    .as("memory " + mem)
                    .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        }
        assertThat(gpu.code(blob(2, BYTES, 8, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(blob(2, 0, 0, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(blob(2, -1, 0, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(blob(2, BYTES + 1, 0, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.code(blob(2, BYTES, 0, List.of(new MemEntry(0, BYTES))))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.code(new ResourceCreateBlob(2, BlobMem.GUEST, 0, 0, BYTES, pages(0, BYTES), false)))
                .isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.code(blob(2, PAGE, 0, Collections.nCopies(16385, new MemEntry(MEMORY_ADDRESS, PAGE)))))
                .isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.device.usage().resources()).isOne();
    }

    @Test
    void limitsCountBlobsAndTheirPages() {
        try (TestGpu small = new TestGpu(GpuSettings.DEFAULT.withMaxResources(2).withMaxBackingEntries(3))) {
            small.ok(blob(1, 2 * PAGE, 0, pages(0, PAGE, 4 * PAGE, PAGE)));
            assertThat(small.code(blob(2, 2 * PAGE, 0, pages(0, PAGE, 4 * PAGE, PAGE))))
                    .isEqualTo(GpuResult.ERR_OUT_OF_MEMORY);
            small.ok(blob(2, PAGE, 0, pages(0, PAGE)));
            assertThat(small.code(blob(3, PAGE, 0, List.of()))).isEqualTo(GpuResult.ERR_OUT_OF_MEMORY);
            small.ok(new ResourceUnref(1));
            small.ok(blob(3, 2 * PAGE, 0, pages(0, PAGE, 4 * PAGE, PAGE)));
            assertThat(small.device.usage().resourceBytes()).isEqualTo(3L * PAGE);
        }
    }

    @Test
    void aBlobWithoutPagesGetsThemLaterAndTheyMustBeEnough() {
        gpu.ok(blob(1, BYTES, FLAG_USE_CROSS_DEVICE, List.of()));
        assertThat(gpu.code(new ResourceAssignUuid(1))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.code(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4, 0))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.code(new ResourceDetachBacking(1))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.code(new ResourceAttachBacking(1, pages(0, BYTES - 1)))).isEqualTo(GpuResult.ERR_UNSPEC);
        gpu.ok(new ResourceAttachBacking(1, pages(0, BYTES)));
        assertThat(gpu.code(new ResourceAttachBacking(1, pages(0, BYTES)))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.assignUuid(1).version()).isEqualTo(4);
    }

    @Test
    void onlyACrossDeviceBlobHasAUuidAndItIsTheSameHoweverOftenAsked() {
        gpu.ok(blob(1, BYTES, FLAG_USE_MAPPABLE, pages(0, BYTES)));
        gpu.ok(blob(2, BYTES, FLAG_USE_CROSS_DEVICE | FLAG_USE_MAPPABLE, pages(0, BYTES)));

        assertThat(gpu.code(new ResourceAssignUuid(1))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        UUID uuid = gpu.assignUuid(2);
        assertThat(gpu.assignUuid(2)).isEqualTo(uuid);
        assertThat(gpu.objects.find(TestGpu.GUEST, uuid)).isPresent();
        gpu.ok(new ResourceUnref(2));
        assertThat(gpu.objects.find(TestGpu.GUEST, uuid)).isEmpty();
        gpu.ok(blob(2, BYTES, FLAG_USE_CROSS_DEVICE, pages(0, BYTES)));
        assertThat(gpu.assignUuid(2)).isNotEqualTo(uuid);
    }

    @Test
    void aBlobThatLostItsPagesKeepsItsUuidForTheNextOnes() {
        gpu.ok(blob(1, BYTES, FLAG_USE_CROSS_DEVICE, pages(0, BYTES)));
        UUID uuid = gpu.assignUuid(1);

        gpu.ok(new ResourceDetachBacking(1));
        assertThat(gpu.objects.find(TestGpu.GUEST, uuid)).isEmpty();
        assertThat(gpu.code(new ResourceAssignUuid(1))).isEqualTo(GpuResult.ERR_UNSPEC);

        gpu.ok(new ResourceAttachBacking(1, pages(8 * PAGE, BYTES)));
        assertThat(gpu.assignUuid(1)).isEqualTo(uuid);
        assertThat(gpu.objects.find(TestGpu.GUEST, uuid)).isPresent();
    }

    @Test
    void aFlushShowsWhatIsInTheGuestsPagesWithoutATransfer() {
        // Two rows in one page, the rest far away, with a stride longer than a row and something before the first.
        int stride = WIDTH * 4 + 64;
        int offset = 128;
        int size = offset + stride * HEIGHT;
        gpu.ok(blob(1, size, 0, pages(PAGE, PAGE / 2, 64 * PAGE + 12, size - PAGE / 2)));
        byte[] content = new byte[size];
        for (int i = 0; i < size; i++) {
            content[i] = (byte) (i * 31 + i / 251);
        }
        gpu.memory.write(MEMORY_ADDRESS + PAGE, Arrays.copyOf(content, PAGE / 2));
        gpu.memory.write(MEMORY_ADDRESS + 64 * PAGE + 12, Arrays.copyOfRange(content, PAGE / 2, size));

        gpu.ok(scanout(1, WIDTH, HEIGHT, BGRX, stride, offset));
        gpu.ok(new ResourceFlush(WHOLE, 1));

        ScanoutImage shown = gpu.capture(0);
        byte[] expected = new byte[BYTES];
        for (int row = 0; row < HEIGHT; row++) {
            System.arraycopy(content, offset + row * stride, expected, row * WIDTH * 4, WIDTH * 4);
        }
        assertThat(shown.pixels()).isEqualTo(expected);
        assertThat(shown.format()).isEqualTo(BGRX);
        assertThat(shown.flushCount()).isOne();

        gpu.ok(new TransferToHost2d(WHOLE, 0, 1));
        assertThat(gpu.capture(0).pixels()).isEqualTo(expected);
    }

    @Test
    void partsOfABlobAreDrawnWhereTheyBelong() {
        gpu.ok(blob(1, BYTES, 0, pages(0, BYTES)));
        gpu.ok(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4, 0));
        byte[] content = new byte[BYTES];
        Arrays.fill(content, (byte) 7);
        gpu.memory.write(MEMORY_ADDRESS, content);

        gpu.ok(new ResourceFlush(new Rect(4, 6, 3, 2), 1));

        byte[] expected = new byte[BYTES];
        for (int row = 6; row < 8; row++) {
            Arrays.fill(expected, (row * WIDTH + 4) * 4, (row * WIDTH + 7) * 4, (byte) 7);
        }
        assertThat(gpu.capture(0).pixels()).isEqualTo(expected);
        assertThat(gpu.code(new ResourceFlush(new Rect(0, 0, WIDTH + 1, 1), 1)))
                .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
    }

    @Test
    void showingABlobChecksScanoutResourcePagesFormatAndSizeInThatOrder() {
        gpu.ok(blob(1, BYTES, 0, pages(0, BYTES)));
        gpu.resource(2, WIDTH, HEIGHT);

        assertThat(gpu.code(
                        new SetScanoutBlob(WHOLE, 1, 9, WIDTH, HEIGHT, 0, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0))))
                .isEqualTo(GpuResult.ERR_INVALID_SCANOUT_ID);
        assertThat(gpu.code(scanout(9, WIDTH, HEIGHT, 0, 0, 0))).isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
        assertThat(gpu.code(scanout(1, WIDTH, HEIGHT, 5, WIDTH * 4, 0))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(scanout(2, WIDTH, HEIGHT, BGRX, WIDTH * 4, 0))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(new SetScanout(WHOLE, 0, 1))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4, 4)))
                .as("its end is past the blob's")
                .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4 - 4, 0)))
                .as("its rows overlap")
                .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(scanout(1, -1, -1, BGRX, -1, -1))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.code(scanout(1, Integer.MAX_VALUE, Integer.MAX_VALUE, BGRX, -1, -1)))
                .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(gpu.device.activeScanouts()).isEmpty();

        gpu.ok(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4, 0));
        assertThat(gpu.device.activeScanouts())
                .extracting(ActiveScanout::scanoutId)
                .containsExactly(0);
        gpu.ok(new SetScanoutBlob(WHOLE, 0, 0, 0, 0, 0, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0)));
        assertThat(gpu.device.activeScanouts()).isEmpty();
    }

    @Test
    void aShownBlobThatLostItsPagesKeepsItsLastPictureAndRefusesTheFlush() {
        gpu.ok(blob(1, BYTES, 0, pages(0, BYTES)));
        gpu.memory.write(MEMORY_ADDRESS, new byte[] {1, 2, 3, 4});
        gpu.ok(scanout(1, WIDTH, HEIGHT, BGRX, WIDTH * 4, 0));
        gpu.ok(new ResourceFlush(WHOLE, 1));

        gpu.ok(new ResourceDetachBacking(1));
        assertThat(gpu.code(new ResourceFlush(WHOLE, 1))).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(gpu.capture(0).pixels()).startsWith(1, 2, 3, 4);
        assertThat(gpu.capture(0).flushCount()).isOne();

        gpu.memory.write(MEMORY_ADDRESS + PAGE, new byte[] {5, 6, 7, 8});
        gpu.ok(new ResourceAttachBacking(1, pages(PAGE, BYTES)));
        gpu.ok(new ResourceFlush(new Rect(0, 0, 1, 1), 1));
        assertThat(gpu.capture(0).pixels()).startsWith(5, 6, 7, 8, 0, 0, 0, 0);
        gpu.ok(new ResourceUnref(1));
        assertThat(gpu.device.captureScanout(0)).isEqualTo(Optional.empty());
    }

    @Test
    void aBlobOf64By64PixelsCanBeThePointer() {
        int bytes = 64 * 64 * 4;
        gpu.ok(blob(1, bytes, 0, pages(0, bytes)));
        gpu.ok(blob(2, bytes - 1, 0, pages(0, bytes)));
        gpu.memory.write(MEMORY_ADDRESS, new byte[] {9});

        assertThat(gpu.code(new UpdateCursor(new CursorPosition(0, 1, 2), 2, 0, 0)))
                .isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        gpu.ok(new UpdateCursor(new CursorPosition(0, 1, 2), 1, 3, 4));
        assertThat(gpu.device.pointer(0).image().orElseThrow().pixels()).startsWith(9);
    }

    @Test
    void aListingShowsBlobsBesideHostImages() {
        gpu.resource(1, WIDTH, HEIGHT);
        gpu.ok(blob(2, BYTES, FLAG_USE_CROSS_DEVICE, pages(0, BYTES)));
        UUID uuid = gpu.assignUuid(2);

        assertThat(gpu.device.buffers()).hasSize(2).last().satisfies(buffer -> {
            assertThat(buffer.resourceId()).isEqualTo(2);
            assertThat(buffer.uuid()).contains(uuid);
            assertThat(buffer.description()).isEqualTo("blob in guest memory");
        });
        gpu.device.reset();
        assertThat(gpu.device.buffers()).isEmpty();
        assertThat(gpu.objects.find(TestGpu.GUEST, uuid)).isEmpty();
        assertThat(gpu.objects.fences().allocated()).isZero();
    }

    @Test
    void neighbouringPagesAreOnePieceOfTheObject() {
        gpu.ok(blob(1, 4 * PAGE, FLAG_USE_CROSS_DEVICE, pages(0, PAGE, PAGE, PAGE, 9 * PAGE, 2 * PAGE)));
        UUID uuid = gpu.assignUuid(1);

        assertThat(gpu.objects.find(TestGpu.GUEST, uuid).orElseThrow().layout())
                .isEqualTo(ObjectExports.Layout.none(4 * PAGE));
        assertThat(gpu.memory.shared(MEMORY_ADDRESS, MEMORY_SIZE + 1)).isEmpty();
    }

    private static GpuCommand blob(int id, long size, int flags, List<MemEntry> pages) {
        return new ResourceCreateBlob(id, BlobMem.GUEST, flags, 0, size, pages);
    }

    /** Pairs of offset into the test's memory and length. */
    private static List<MemEntry> pages(int... offsetsAndLengths) {
        MemEntry[] entries = new MemEntry[offsetsAndLengths.length / 2];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = new MemEntry(MEMORY_ADDRESS + offsetsAndLengths[2 * i], offsetsAndLengths[2 * i + 1]);
        }
        return List.of(entries);
    }

    private static GpuCommand scanout(int id, int width, int height, int format, int stride, int offset) {
        return new SetScanoutBlob(
                WHOLE, 0, id, width, height, format, List.of(stride, 0, 0, 0), List.of(offset, 0, 0, 0));
    }
}
