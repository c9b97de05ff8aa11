package dev.crossdev.gpu.device;

import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 128 bytes in which a monitor describes itself (VESA E-EDID 1.4, base block): one detailed timing, the display's
 * size, at 60 Hz where the pixel clock allows it.
 */
final class Edid {
    static final int SIZE = 128;

    /** Three letters of five bits each. Not a registered vendor. */
    private static final String VENDOR = "CDV";

    private static final int REFRESH = 60;

    /** CVT reduced blanking (VESA CVT 1.2, 3.4.2): what surrounds the picture, in pixels and lines. */
    private static final int HORIZONTAL_BLANK = 160;

    private static final int HORIZONTAL_FRONT = 48;
    private static final int HORIZONTAL_SYNC = 32;
    private static final int VERTICAL_BLANK = 45;
    private static final int VERTICAL_FRONT = 3;
    private static final int VERTICAL_SYNC = 6;

    /** In units of 10 kHz, 16 bits. */
    private static final long FASTEST_CLOCK = 0xffff;

    private static final int DOTS_PER_INCH = 96;

    private Edid() {}

    /** @param scanoutId becomes the serial number, so that two displays are told apart */
    static byte[] of(DisplaySize size, int scanoutId) {
        int widthMm = millimetres(size.width());
        int heightMm = millimetres(size.height());
        ByteBuffer edid = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        edid.put(new byte[] {0, -1, -1, -1, -1, -1, -1, 0});
        edid.putShort(Short.reverseBytes((short) vendor()));
        edid.putShort((short) 0x0001).putInt(scanoutId + 1);
        edid.put((byte) 0).put((byte) (2026 - 1990)); // no week, year
        edid.put((byte) 1).put((byte) 4); // EDID 1.4
        edid.put((byte) 0xa0); // digital, 8 bits per colour, no interface named
        edid.put(centimetres(widthMm)).put(centimetres(heightMm));
        edid.put((byte) 120); // gamma 2.2
        edid.put((byte) 0x06); // RGB 4:4:4, sRGB is native, the first timing is the native one
        // The primaries and the white point of sRGB.
        edid.put(new byte[] {(byte) 0xee, (byte) 0x91, (byte) 0xa3, 0x54, 0x4c, (byte) 0x99, 0x26, 0x0f, 0x50, 0x54});
        edid.put(new byte[3]); // no established timings
        byte[] unused = new byte[16];
        Arrays.fill(unused, (byte) 1);
        edid.put(unused); // no standard timings
        putTiming(edid, size, widthMm, heightMm);
        putText(edid, 0xfc, "crossdev");
        putText(edid, 0xff, Integer.toString(scanoutId + 1));
        putDummy(edid);
        edid.put((byte) 0); // no extension
        byte[] bytes = edid.array();
        int sum = 0;
        for (byte b : bytes) {
            sum += b;
        }
        bytes[SIZE - 1] = (byte) -sum;
        return bytes;
    }

    private static void putTiming(ByteBuffer edid, DisplaySize size, int widthMm, int heightMm) {
        int width = size.width();
        int height = size.height();
        long clock = (long) (width + HORIZONTAL_BLANK) * (height + VERTICAL_BLANK) * REFRESH / 10_000;
        edid.putShort((short) Math.clamp(clock, 1, FASTEST_CLOCK));
        edid.put((byte) width).put((byte) HORIZONTAL_BLANK).put(highNibbles(width, HORIZONTAL_BLANK));
        edid.put((byte) height).put((byte) VERTICAL_BLANK).put(highNibbles(height, VERTICAL_BLANK));
        edid.put((byte) HORIZONTAL_FRONT).put((byte) HORIZONTAL_SYNC);
        edid.put((byte) (VERTICAL_FRONT << 4 | VERTICAL_SYNC)).put((byte) 0);
        edid.put((byte) widthMm).put((byte) heightMm).put(highNibbles(widthMm, heightMm));
        edid.put((byte) 0).put((byte) 0); // no border
        edid.put((byte) 0x1a); // digital separate sync, horizontal positive: reduced blanking
    }

    private static void putText(ByteBuffer edid, int tag, String text) {
        byte[] field = new byte[13];
        Arrays.fill(field, (byte) ' ');
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, field, 0, ascii.length);
        field[ascii.length] = '\n';
        edid.put(new byte[] {0, 0, 0, (byte) tag, 0}).put(field);
    }

    private static void putDummy(ByteBuffer edid) {
        edid.put(new byte[] {0, 0, 0, 0x10, 0}).put(new byte[13]);
    }

    private static byte highNibbles(int first, int second) {
        return (byte) (first >> 8 << 4 | second >> 8);
    }

    private static int vendor() {
        int packed = 0;
        for (int i = 0; i < VENDOR.length(); i++) {
            packed = packed << 5 | VENDOR.charAt(i) - 'A' + 1;
        }
        return packed;
    }

    private static int millimetres(int pixels) {
        return Math.max(1, Math.round(pixels * 25.4f / DOTS_PER_INCH));
    }

    private static byte centimetres(int millimetres) {
        return (byte) Math.clamp(Math.round(millimetres / 10f), 1, 255);
    }
}
