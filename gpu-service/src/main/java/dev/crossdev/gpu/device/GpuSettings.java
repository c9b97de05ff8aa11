package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.GpuLimits;
import java.time.Duration;
import java.util.List;

/**
 * How big a device may grow, what is plugged into it, and how long it waits.
 *
 * @param maxBytes of host memory for resources, in bytes; counts until the memory is really gone, so what an importer
 *     still holds after UNREF counts too. QEMU's max_hostmem has the same default, 256 MiB
 * @param maxResources of the driver at a time
 * @param maxBackingEntries of all resources together; one resource has {@link GpuLimits#MAX_BACKING_ENTRIES} at most
 * @param maxScanoutBytes for what the scanouts show, in bytes; two pictures a scanout
 * @param displays 1 to 16, scanout 0 first
 * @param fenceWait how long a command waits for an importer that reads or writes the object, before it fails
 * @param fenceHold how long the device itself may take over an object's pixels; a fence older than that counts as
 *     signalled with an error
 * @param revokeWait how long importers may take to let go of guest memory that goes away; then they are cut off
 */
public record GpuSettings(
        long maxBytes,
        int maxResources,
        int maxBackingEntries,
        long maxScanoutBytes,
        List<DisplaySize> displays,
        Duration fenceWait,
        Duration fenceHold,
        Duration revokeWait) {

    /** 256 MiB, 4096 resources, one display of 640x480, two seconds. */
    public static final GpuSettings DEFAULT = new GpuSettings(
            256L << 20,
            4096,
            1 << 18,
            256L << 20,
            List.of(new DisplaySize(640, 480)),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2));

    public GpuSettings {
        displays = List.copyOf(displays);
        if (displays.isEmpty() || displays.size() > GpuLimits.MAX_SCANOUTS) {
            throw new IllegalArgumentException(
                    "1 to " + GpuLimits.MAX_SCANOUTS + " displays are possible, not " + displays.size());
        }
        if (maxBytes < 0 || maxResources < 0 || maxBackingEntries < 0 || maxScanoutBytes < 0) {
            throw new IllegalArgumentException("a limit is negative");
        }
        if (!revokeWait.isPositive()) {
            throw new IllegalArgumentException("a revoke needs time");
        }
        if (!fenceWait.isPositive() || !fenceHold.isPositive()) {
            throw new IllegalArgumentException("a fence needs time: wait " + fenceWait + ", hold " + fenceHold);
        }
    }

    public GpuSettings withDisplays(List<DisplaySize> others) {
        return new GpuSettings(
                maxBytes, maxResources, maxBackingEntries, maxScanoutBytes, others, fenceWait, fenceHold, revokeWait);
    }

    public GpuSettings withMaxBytes(long bytes) {
        return new GpuSettings(
                bytes, maxResources, maxBackingEntries, maxScanoutBytes, displays, fenceWait, fenceHold, revokeWait);
    }

    public GpuSettings withMaxResources(int resources) {
        return new GpuSettings(
                maxBytes, resources, maxBackingEntries, maxScanoutBytes, displays, fenceWait, fenceHold, revokeWait);
    }

    public GpuSettings withMaxBackingEntries(int entries) {
        return new GpuSettings(
                maxBytes, maxResources, entries, maxScanoutBytes, displays, fenceWait, fenceHold, revokeWait);
    }

    public GpuSettings withMaxScanoutBytes(long bytes) {
        return new GpuSettings(
                maxBytes, maxResources, maxBackingEntries, bytes, displays, fenceWait, fenceHold, revokeWait);
    }

    public GpuSettings withFences(Duration wait, Duration hold) {
        return new GpuSettings(
                maxBytes, maxResources, maxBackingEntries, maxScanoutBytes, displays, wait, hold, revokeWait);
    }

    public GpuSettings withRevokeWait(Duration wait) {
        return new GpuSettings(
                maxBytes, maxResources, maxBackingEntries, maxScanoutBytes, displays, fenceWait, fenceHold, wait);
    }

    /**
     * A display's native size in pixels.
     *
     * @param width 64 to 4095: what an EDID detailed timing can say, and what Linux takes from one
     * @param height 64 to 4095
     */
    public record DisplaySize(int width, int height) {
        private static final int LEAST_WIDTH = 64;
        private static final int LEAST_HEIGHT = 64;
        private static final int MOST = 4095;

        public DisplaySize {
            if (width < LEAST_WIDTH || width > MOST || height < LEAST_HEIGHT || height > MOST) {
                throw new IllegalArgumentException("a display of " + width + "x" + height + " cannot be described");
            }
        }
    }
}
