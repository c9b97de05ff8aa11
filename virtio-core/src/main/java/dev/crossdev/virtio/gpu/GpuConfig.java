package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;

/**
 * The GPU device's configuration space (16 bytes; virtio 1.4, GPU device, Device configuration layout).
 *
 * @param eventsRead {@link #EVENT_DISPLAY} or 0; only the device writes it
 * @param eventsClear a driver writes 1 bits here to clear them in {@code eventsRead}; it reads as 0
 * @param numScanouts 1 to 16
 * @param numCapsets 0 without 3D
 */
public record GpuConfig(int eventsRead, int eventsClear, int numScanouts, int numCapsets) {

    public static final int SIZE = 16;
    public static final int EVENTS_CLEAR_OFFSET = 4;

    /** The display information changed. */
    public static final int EVENT_DISPLAY = 1;

    public byte[] toBytes() {
        return new WireWriter(SIZE)
                .u32(eventsRead)
                .u32(eventsClear)
                .u32(numScanouts)
                .u32(numCapsets)
                .toBytes();
    }

    /**
     * The events that a write to the configuration space clears; 0 for one beside {@code events_clear}.
     *
     * @param offset of the first byte written
     */
    public static int eventsCleared(int offset, byte[] written) {
        int cleared = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            long at = (long) EVENTS_CLEAR_OFFSET + i - offset;
            if (at >= 0 && at < written.length) {
                cleared |= (written[(int) at] & 0xff) << 8 * i;
            }
        }
        return cleared;
    }

    public static GpuConfig of(byte[] bytes) throws MalformedMessageException {
        WireReader in = new WireReader(bytes);
        return new GpuConfig(in.u32(), in.u32(), in.u32(), in.u32());
    }
}
