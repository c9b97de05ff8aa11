package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.virtio.Inspectable.ActiveScanout;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.CursorPosition;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuConfig;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScanoutsTest {
    private static final Rect ALL = Rect.of(64, 64);

    private final TestGpu gpu = new TestGpu(
            GpuSettings.DEFAULT.withDisplays(List.of(new DisplaySize(1920, 1080), new DisplaySize(640, 480))));

    @AfterEach
    void close() {
        gpu.close();
    }

    @Test
    void displaysLieSideBySide() {
        assertThat(gpu.send(new GpuCommand.GetDisplayInfo()))
                .isEqualTo(new GpuResponse.OkDisplayInfo(List.of(
                        new Display(Rect.of(1920, 1080), true, 0), new Display(new Rect(1920, 0, 640, 480), true, 0))));
    }

    @Test
    void theConfigurationSpaceNamesTheScanoutsAndMostOfItIsReadOnly() throws Exception {
        gpu.device.writeConfig(0, new byte[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});

        assertThat(GpuConfig.of(gpu.device.config())).isEqualTo(new GpuConfig(0, 0, 2, 0));
    }

    @Test
    void aScanoutShowsWhatWasFlushedAndCountsIt() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 0x11);
        gpu.ok(new GpuCommand.SetScanout(ALL, 1, 1));
        assertThat(gpu.capture(1).pixels()).containsOnly(0);
        assertThat(gpu.capture(1).flushCount()).isZero();

        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));

        ScanoutImage image = gpu.capture(1);
        assertThat(image.pixels()).hasSize(64 * 64 * 4).containsOnly(0x11);
        assertThat(image.flushCount()).isEqualTo(1);
        assertThat(image.resourceId()).isEqualTo(1);
        assertThat(image.format()).isEqualTo(PixelFormat.B8G8R8A8_UNORM.number());
        assertThat(gpu.device.activeScanouts())
                .extracting(ActiveScanout::scanoutId)
                .containsExactly(1);
        assertThat(gpu.device.captureScanout(0)).isEmpty();
        assertThat(gpu.device.captureScanout(2)).isEmpty();
        assertThat(gpu.device.captureScanout(-1)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void theBytesOfAnyFormatStayAsTheyAre(PixelFormat format) {
        gpu.ok(new GpuCommand.ResourceCreate2d(1, format.number(), 16, 16));
        gpu.ok(new GpuCommand.ResourceAttachBacking(1, List.of(new MemEntry(TestGpu.MEMORY_ADDRESS, 1024))));
        byte[] picture = new byte[1024];
        new Random(3).nextBytes(picture);
        gpu.memory.write(TestGpu.MEMORY_ADDRESS, picture);
        gpu.ok(new GpuCommand.TransferToHost2d(Rect.of(16, 16), 0, 1));
        gpu.ok(new GpuCommand.SetScanout(Rect.of(16, 16), 0, 1));

        gpu.ok(new GpuCommand.ResourceFlush(Rect.of(16, 16), 1));

        assertThat(gpu.capture(0).pixels()).isEqualTo(picture);
        assertThat(gpu.capture(0).format()).isEqualTo(format.number());
    }

    @Test
    void aFlushOfAPartChangesThatPartOnly() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 1);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
        byte[] expected = gpu.capture(0).pixels();
        Random random = new Random(11);

        for (int i = 2; i < 100; i++) {
            int x = random.nextInt(64);
            int y = random.nextInt(64);
            Rect rect = new Rect(x, y, random.nextInt(65 - x), random.nextInt(65 - y));
            gpu.fill(1, 64, 64, i);
            gpu.ok(new GpuCommand.ResourceFlush(rect, 1));
            for (int row = rect.y(); row < rect.bottom(); row++) {
                Arrays.fill(expected, (row * 64 + rect.x()) * 4, (row * 64 + (int) rect.right()) * 4, (byte) i);
            }
            assertThat(gpu.capture(0).pixels()).as("flush %d of %s", i, rect).isEqualTo(expected);
        }
    }

    @Test
    void aScanoutMayShowAPartOfAResource() {
        gpu.resource(1, 64, 64);
        byte[] picture = new byte[64 * 64 * 4];
        new Random(5).nextBytes(picture);
        gpu.memory.write(TestGpu.MEMORY_ADDRESS, picture);
        gpu.ok(new GpuCommand.TransferToHost2d(ALL, 0, 1));
        gpu.ok(new GpuCommand.SetScanout(new Rect(10, 20, 30, 16), 0, 1));

        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));

        ScanoutImage image = gpu.capture(0);
        assertThat(image.width()).isEqualTo(30);
        assertThat(image.height()).isEqualTo(16);
        for (int row = 0; row < 16; row++) {
            int from = ((20 + row) * 64 + 10) * 4;
            assertThat(Arrays.copyOfRange(image.pixels(), row * 120, row * 120 + 120))
                    .isEqualTo(Arrays.copyOfRange(picture, from, from + 120));
        }
    }

    @Test
    void aFlushBesideTheShownPartIsNoFrame() {
        gpu.resource(1, 64, 64);
        gpu.ok(new GpuCommand.SetScanout(Rect.of(16, 16), 0, 1));

        gpu.ok(new GpuCommand.ResourceFlush(new Rect(16, 0, 48, 64), 1));
        gpu.ok(new GpuCommand.ResourceFlush(Rect.EMPTY, 1));

        assertThat(gpu.capture(0).flushCount()).isZero();
    }

    @Test
    void aFlushReachesEveryScanoutThatShowsTheResource() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 9);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.SetScanout(Rect.of(32, 32), 1, 1));

        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));

        assertThat(gpu.capture(0).pixels()).containsOnly(9);
        assertThat(gpu.capture(1).pixels()).containsOnly(9);
    }

    @Test
    void oneBufferCanBeFlushedAgainAndAgain() {
        gpu.resource(1, 64, 64);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        for (int frame = 1; frame <= 20; frame++) {
            gpu.fill(1, 64, 64, frame);
            gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
            assertThat(gpu.capture(0).pixels()).containsOnly(frame);
            assertThat(gpu.capture(0).flushCount()).isEqualTo(frame);
        }
    }

    @Test
    void theNextBufferShowsFromItsFlushOn() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 1);
        gpu.resource(2, 64, 64);
        gpu.fill(2, 64, 64, 2);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));

        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 2));
        assertThat(gpu.capture(0).pixels()).containsOnly(1);
        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
        assertThat(gpu.capture(0).flushCount()).isEqualTo(1);

        gpu.ok(new GpuCommand.ResourceFlush(ALL, 2));
        assertThat(gpu.capture(0).pixels()).containsOnly(2);
        assertThat(gpu.capture(0).flushCount()).isEqualTo(2);
    }

    @Test
    void anotherSizeOrFormatBeginsBlack() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 1);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
        gpu.resource(2, PixelFormat.X8B8G8R8_UNORM, 64, 64);

        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 2));
        assertThat(gpu.capture(0).pixels()).containsOnly(0);

        gpu.ok(new GpuCommand.ResourceFlush(ALL, 2));
        gpu.ok(new GpuCommand.SetScanout(Rect.of(64, 32), 0, 2));
        assertThat(gpu.capture(0).pixels()).hasSize(64 * 32 * 4).containsOnly(0);
    }

    @Test
    void unrefDisablesTheScanoutsOfTheResource() {
        gpu.resource(1, 64, 64);
        gpu.resource(2, 64, 64);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.SetScanout(ALL, 1, 2));

        gpu.ok(new GpuCommand.ResourceUnref(1));

        assertThat(gpu.device.activeScanouts())
                .extracting(ActiveScanout::scanoutId)
                .containsExactly(1);
    }

    @Test
    void scanoutPicturesHaveALimit() {
        try (TestGpu small = new TestGpu(GpuSettings.DEFAULT.withMaxScanoutBytes(2 * 64 * 64 * 4))) {
            small.resource(1, 65, 64);
            assertThat(small.code(new GpuCommand.SetScanout(Rect.of(65, 64), 0, 1)))
                    .isEqualTo(GpuResult.ERR_OUT_OF_MEMORY);
            small.ok(new GpuCommand.SetScanout(ALL, 0, 1));
            assertThat(small.code(new GpuCommand.SetScanout(Rect.of(64, 16), 0, 1)))
                    .as("the old picture goes only when the new one is there")
                    .isEqualTo(GpuResult.ERR_OUT_OF_MEMORY);
            small.ok(new GpuCommand.SetScanout(ALL, 0, 0));
            small.ok(new GpuCommand.SetScanout(Rect.of(64, 16), 0, 1));
        }
    }

    @Test
    void aCaptureIsNeverTorn() throws InterruptedException {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 1);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
        AtomicBoolean stop = new AtomicBoolean();
        Set<String> torn = Collections.synchronizedSet(new HashSet<>());
        Set<Long> seen = Collections.synchronizedSet(new HashSet<>());
        Thread[] watchers = new Thread[3];
        for (int i = 0; i < watchers.length; i++) {
            watchers[i] = Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    ScanoutImage image = gpu.capture(0);
                    seen.add(image.flushCount());
                    byte expected = (byte) image.flushCount();
                    for (byte b : image.pixels()) {
                        if (b != expected) {
                            torn.add("flush " + image.flushCount() + " has " + b);
                            break;
                        }
                    }
                }
            });
        }

        for (int frame = 2; frame < 2000; frame++) {
            gpu.fill(1, 64, 64, frame);
            gpu.ok(new GpuCommand.ResourceFlush(ALL, 1));
        }
        stop.set(true);
        for (Thread watcher : watchers) {
            watcher.join();
        }

        assertThat(torn).isEmpty();
        assertThat(seen).hasSizeGreaterThan(1);
    }

    @Test
    void thePointerIsTakenOverMovedAndHidden() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 0x55);
        gpu.ok(new GpuCommand.UpdateCursor(new CursorPosition(1, 10, 20), 1, 3, 4));
        gpu.fill(1, 64, 64, 0x66);

        Pointer.Image image = gpu.device.pointer(1).image().orElseThrow();
        assertThat(image.pixels()).hasSize(64 * 64 * 4).containsOnly(0x55);
        assertThat(image.hotX()).isEqualTo(3);
        assertThat(image.hotY()).isEqualTo(4);
        assertThat(gpu.device.pointer(0)).isEqualTo(Pointer.HIDDEN);

        gpu.ok(new GpuCommand.ResourceUnref(1));
        gpu.ok(new GpuCommand.MoveCursor(new CursorPosition(1, 30, 40), 1, 0, 0));
        assertThat(gpu.device.pointer(1)).isEqualTo(new Pointer(30, 40, Optional.of(image)));

        gpu.ok(new GpuCommand.MoveCursor(new CursorPosition(1, 50, 60), 0, 0, 0));
        assertThat(gpu.device.pointer(1)).isEqualTo(new Pointer(50, 60, Optional.empty()));
    }
}
