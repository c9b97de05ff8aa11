package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.PixelFormat;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The host memory of one device: what may still be taken, and which pictures there are, those included that an importer
 * keeps after their resource is gone. Thread-safe.
 */
final class MemoryLedger {
    private final long limit;
    private final Set<HostImage> images = new LinkedHashSet<>();
    private long bytes;

    MemoryLedger(long limit) {
        this.limit = limit;
    }

    /**
     * Takes room for a picture, which gives it back when it is released.
     *
     * @return false when that would be more than the limit
     */
    synchronized boolean reserve(long size) {
        if (size > limit - bytes) {
            return false;
        }
        bytes += size;
        return true;
    }

    /** Gives room back for which no picture was made. */
    synchronized void cancel(long size) {
        bytes -= size;
    }

    synchronized void add(HostImage image) {
        images.add(image);
    }

    synchronized void remove(HostImage image) {
        if (images.remove(image)) {
            bytes -= image.bytes();
        }
    }

    /** Oldest first. */
    synchronized List<HostImage> images() {
        return new ArrayList<>(images);
    }

    synchronized int count() {
        return images.size();
    }

    synchronized long bytes() {
        return bytes;
    }

    /**
     * Bytes of a picture without padding; {@link Long#MAX_VALUE} when that is more than a long can say.
     *
     * @param width pixels, unsigned
     * @param height pixels, unsigned
     */
    static long bytesOf(int width, int height) {
        long pixels = Integer.toUnsignedLong(width) * Integer.toUnsignedLong(height);
        return pixels < 0 || pixels > Long.MAX_VALUE / PixelFormat.BYTES_PER_PIXEL
                ? Long.MAX_VALUE
                : pixels * PixelFormat.BYTES_PER_PIXEL;
    }
}
