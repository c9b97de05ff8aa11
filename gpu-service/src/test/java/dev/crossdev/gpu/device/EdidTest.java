package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.testing.RequiresProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Linux checks of an EDID (drivers/gpu/drm/drm_edid.c). */
class EdidTest {

    static Stream<DisplaySize> sizes() {
        return Stream.of(
                new DisplaySize(640, 480),
                new DisplaySize(1280, 720),
                new DisplaySize(1366, 768),
                new DisplaySize(1920, 1080),
                new DisplaySize(3840, 2160),
                new DisplaySize(64, 64),
                new DisplaySize(4095, 4095));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void theBlockIsWholeAndItsChecksumRight(DisplaySize size) {
        byte[] edid = Edid.of(size, 0);

        assertThat(edid).hasSize(128).startsWith(0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00);
        int sum = 0;
        for (byte b : edid) {
            sum += b & 0xff;
        }
        assertThat(sum % 256).isZero();
        assertThat(edid[18]).isEqualTo((byte) 1);
        assertThat(edid[19]).isEqualTo((byte) 4);
        assertThat(edid[126]).as("extensions").isZero();
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void theDetailedTimingIsTheDisplaysSize(DisplaySize size) {
        byte[] edid = Edid.of(size, 0);
        int[] t = new int[18];
        Arrays.setAll(t, i -> edid[54 + i] & 0xff);

        int clock = t[0] | t[1] << 8;
        int width = t[2] | (t[4] & 0xf0) << 4;
        int horizontalBlank = t[3] | (t[4] & 0x0f) << 8;
        int height = t[5] | (t[7] & 0xf0) << 4;
        int verticalBlank = t[6] | (t[7] & 0x0f) << 8;
        int horizontalFront = t[8] | (t[11] & 0xc0) << 2;
        int horizontalSync = t[9] | (t[11] & 0x30) << 4;
        int verticalFront = t[10] >> 4 | (t[11] & 0x0c) << 2;
        int verticalSync = (t[10] & 0x0f) | (t[11] & 0x03) << 4;
        assertThat(width).isEqualTo(size.width());
        assertThat(height).isEqualTo(size.height());
        assertThat(horizontalSync).isPositive();
        assertThat(verticalSync).isPositive();
        assertThat(horizontalFront + horizontalSync).isLessThan(horizontalBlank);
        assertThat(verticalFront + verticalSync).isLessThan(verticalBlank);
        double refresh = clock * 10_000.0 / ((width + horizontalBlank) * (double) (height + verticalBlank));
        assertThat(refresh).isBetween(30.0, 60.5);
        if (size.width() <= 3840 && size.height() <= 2160) {
            assertThat(refresh).isBetween(59.0, 60.5);
        }
        assertThat(t[17] & 0x80).as("interlaced").isZero();
        assertThat(t[17] & 0x18).as("digital separate sync").isEqualTo(0x18);
    }

    @Test
    void theNameIsOursAndTheSerialNumberTellsDisplaysApart() {
        byte[] edid = Edid.of(new DisplaySize(640, 480), 2);

        assertThat(Arrays.copyOfRange(edid, 72, 77)).containsExactly(0, 0, 0, 0xfc, 0);
        assertThat(new String(edid, 77, 13, StandardCharsets.US_ASCII)).isEqualTo("crossdev\n    ");
        assertThat(Arrays.copyOfRange(edid, 90, 95)).containsExactly(0, 0, 0, 0xff, 0);
        assertThat(new String(edid, 95, 13, StandardCharsets.US_ASCII)).startsWith("3\n");
        assertThat(edid[12]).isEqualTo((byte) 3);
        assertThat(edid).isNotEqualTo(Edid.of(new DisplaySize(640, 480), 1));
    }

    @Test
    void aDisplayThatNoTimingDescribesIsRefused() {
        assertThatThrownBy(() -> new DisplaySize(4096, 2160)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DisplaySize(640, 63)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Smaller displays have a pixel clock that edid-decode takes for a mistake; Linux does not. */
    @ParameterizedTest
    @MethodSource("sizes")
    @RequiresProgram("edid-decode")
    void edidDecodeFindsNothingToSay(DisplaySize size) throws IOException, InterruptedException {
        assumeThat(size.width()).isGreaterThanOrEqualTo(640);
        Process checker = new ProcessBuilder("edid-decode", "--check")
                .redirectErrorStream(true)
                .start();
        try (OutputStream input = checker.getOutputStream()) {
            input.write(Edid.of(size, 0));
        }
        String said = new String(checker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).contains(size.width() + "x" + size.height()).doesNotContain("Warnings", "Failures");
        assertThat(checker.waitFor()).isZero();
    }
}
