package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.virtio.Displays;
import dev.crossdev.virtio.Displays.Size;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuConfig;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.wire.MalformedMessageException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Displays that an operator plugs, unplugs and resizes while the device runs. */
class PluggedDisplaysTest {
    private static final Size WIDE = new Size(1280, 720);

    private final TestGpu gpu = new TestGpu(GpuSettings.DEFAULT.withDisplays(
            List.of(new DisplaySize(800, 600), new DisplaySize(640, 480), new DisplaySize(320, 200))));
    private final Displays displays = gpu.device.displays().orElseThrow();

    @AfterEach
    void close() {
        gpu.close();
    }

    @Test
    void anotherSizeIsToldAndMovesTheDisplaysToTheRight() throws Exception {
        displays.set(0, true, Optional.of(WIDE));

        assertThat(gpu.configChanges).hasValue(1);
        assertThat(events()).isEqualTo(GpuConfig.EVENT_DISPLAY);
        assertThat(info())
                .containsExactly(
                        new Display(Rect.of(1280, 720), true, 0),
                        new Display(new Rect(1280, 0, 640, 480), true, 0),
                        new Display(new Rect(1920, 0, 320, 200), true, 0));
        assertThat(gpu.send(new GpuCommand.GetEdid(0)))
                .isEqualTo(new GpuResponse.OkEdid(Edid.of(new DisplaySize(1280, 720), 0)));
    }

    @Test
    void anUnpluggedDisplayHasNoPlaceAndComesBackAsItWas() throws Exception {
        displays.set(1, false, Optional.empty());

        assertThat(info())
                .containsExactly(
                        new Display(Rect.of(800, 600), true, 0),
                        Display.ABSENT,
                        new Display(new Rect(800, 0, 320, 200), true, 0));
        assertThat(gpu.send(new GpuCommand.GetEdid(1)))
                .as("Linux asks for all, plugged or not")
                .isEqualTo(new GpuResponse.OkEdid(Edid.of(new DisplaySize(640, 480), 1)));

        assertThat(displays.set(1, true, Optional.empty()).get(1))
                .isEqualTo(new Displays.Display(1, true, 800, 0, new Size(640, 480)));
        assertThat(gpu.configChanges).hasValue(2);
    }

    @Test
    void whatAScanoutShowsStaysUntilTheDriverChangesIt() {
        gpu.resource(1, 64, 64);
        gpu.fill(1, 64, 64, 0x5a);
        gpu.ok(new GpuCommand.SetScanout(Rect.of(64, 64), 0, 1));
        gpu.ok(new GpuCommand.ResourceFlush(Rect.of(64, 64), 1));

        displays.set(0, true, Optional.of(WIDE));
        displays.set(0, false, Optional.empty());

        assertThat(gpu.capture(0).pixels()).hasSize(64 * 64 * 4).containsOnly(0x5a);
        gpu.ok(new GpuCommand.SetScanout(Rect.of(64, 64), 0, 1));
    }

    @Test
    void whatChangesNothingIsNoEvent() throws Exception {
        displays.set(0, true, Optional.empty());
        displays.set(0, true, Optional.of(new Size(800, 600)));

        assertThat(gpu.configChanges).hasValue(0);
        assertThat(events()).isZero();
    }

    @Test
    void theDriverClearsTheEventWithAnyPartOfAWriteAndOnlyTheBitsThatItSaw() throws Exception {
        displays.set(0, true, Optional.of(WIDE));

        gpu.device.writeConfig(0, new byte[] {1, 0, 0, 0});
        gpu.device.writeConfig(4, new byte[] {2, 0, 0, 0});
        gpu.device.writeConfig(5, new byte[] {1, 1, 1});
        gpu.device.writeConfig(8, new byte[] {1});
        gpu.device.writeConfig(-4, new byte[] {1, 1, 1, 1});
        gpu.device.writeConfig(Integer.MAX_VALUE, new byte[] {1});
        assertThat(events()).isEqualTo(GpuConfig.EVENT_DISPLAY);

        gpu.device.writeConfig(0, new byte[] {0, 0, 0, 0, 1});
        assertThat(GpuConfig.of(gpu.device.config())).isEqualTo(new GpuConfig(0, 0, 3, 0));
        assertThat(gpu.configChanges).as("its own write is no news to it").hasValue(1);

        displays.set(0, false, Optional.empty());
        assertThat(events()).as("the next change is the next event").isEqualTo(GpuConfig.EVENT_DISPLAY);
    }

    @Test
    void aResetLeavesDisplaysPluggedAndForgetsTheEvent() throws Exception {
        displays.set(0, true, Optional.of(WIDE));
        displays.set(2, false, Optional.empty());

        gpu.device.reset();

        assertThat(events()).isZero();
        assertThat(info().get(0).rect()).isEqualTo(Rect.of(1280, 720));
        assertThat(info().get(2)).isEqualTo(Display.ABSENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 15, -1, Integer.MIN_VALUE})
    void aScanoutThatTheDeviceDoesNotHaveIsNotFound(int scanoutId) throws Exception {
        assertThatThrownBy(() -> displays.set(scanoutId, false, Optional.empty()))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
        assertThat(events()).isZero();
    }

    @Test
    void aSizeThatNoTimingDescribesAndASizeOfNothingAreRefused() throws Exception {
        for (Size size : List.of(new Size(0, 480), new Size(640, 0), new Size(4096, 2160), new Size(-1, -1))) {
            assertThatThrownBy(() -> displays.set(0, true, Optional.of(size)))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
        assertThatThrownBy(() -> displays.set(0, false, Optional.of(WIDE))).hasMessageContaining("unplugged");
        assertThat(events()).isZero();
        assertThat(info().getFirst().rect()).isEqualTo(Rect.of(800, 600));
    }

    @Test
    void sixteenScanoutsEachShowAndDescribeTheirOwn() {
        List<DisplaySize> sizes = Collections.nCopies(16, new DisplaySize(64, 64));
        try (TestGpu many = new TestGpu(GpuSettings.DEFAULT.withDisplays(sizes))) {
            for (int id = 0; id < 16; id++) {
                many.resource(id + 1, 16, 16);
                many.fill(id + 1, 16, 16, id);
                many.ok(new GpuCommand.SetScanout(Rect.of(16, 16), id, id + 1));
                many.ok(new GpuCommand.ResourceFlush(Rect.of(16, 16), id + 1));
            }
            for (int id = 0; id < 16; id++) {
                assertThat(many.capture(id).pixels()).containsOnly(id);
            }
            assertThat(many.device.activeScanouts()).hasSize(16);
            assertThat(many.code(new GpuCommand.GetEdid(15))).isEqualTo(GpuResult.OK_EDID);
            assertThat(many.code(new GpuCommand.GetEdid(16))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
            assertThat(many.code(new GpuCommand.SetScanout(Rect.EMPTY, 16, 0)))
                    .isEqualTo(GpuResult.ERR_INVALID_SCANOUT_ID);
        }
    }

    private int events() throws MalformedMessageException {
        return GpuConfig.of(gpu.device.config()).eventsRead();
    }

    private List<Display> info() {
        return ((GpuResponse.OkDisplayInfo) gpu.send(new GpuCommand.GetDisplayInfo())).displays();
    }
}
