package dev.crossdev.virtio;

/**
 * What a scanout showed at one moment.
 *
 * @param width pixels
 * @param height pixels
 * @param format number of {@code enum virtio_gpu_formats}: four bytes a pixel, whatever it is
 * @param flushCount flushes that the scanout has shown so far
 * @param resourceId of the resource behind it, unsigned
 * @param pixels rows from the top, tightly packed: {@code width * height * 4} bytes, owned by the receiver
 */
@SuppressWarnings("ArrayRecordComponent") // a frame is megabytes: it is handed over, not copied or compared
public record ScanoutImage(int width, int height, int format, long flushCount, int resourceId, byte[] pixels) {

    public ScanoutImage {
        if (pixels.length != (long) width * height * 4) {
            throw new IllegalArgumentException(
                    width + "x" + height + " pixels are not " + pixels.length + " bytes of four a pixel");
        }
    }
}
