package dev.crossdev.video.device;

/**
 * How the exporter laid out an object's bytes. It decides where pixels go, whatever the importer would have preferred.
 *
 * @param format number of {@code enum virtio_gpu_formats}; 0 for bytes without a layout of their own, whose width, height,
 *     stride and offset are 0 too
 * @param width pixels
 * @param height pixels
 * @param stride bytes from one row to the next
 * @param offset bytes before the first pixel
 * @param size bytes of the object
 */
public record ObjectLayout(int format, int width, int height, int stride, long offset, long size) {

    /** Whether the exporter said anything but the size. */
    public boolean isFormatted() {
        return format != 0;
    }

    /** Whether rows of {@code width} pixels of four bytes lie within the object and do not overlap. */
    public boolean holdsItsPixels() {
        if (width <= 0 || height <= 0 || offset < 0 || size < 0) {
            return false;
        }
        if (stride < rowBytes() || offset > size) {
            return false;
        }
        return (height - 1L) * stride + rowBytes() <= size - offset;
    }

    /** Bytes up to the end of the last pixel; of all the object when it has no layout. */
    public long end() {
        return isFormatted() ? offset + (height - 1L) * stride + rowBytes() : size;
    }

    /** Bytes of the pixels of one row. */
    public long rowBytes() {
        return 4L * width;
    }
}
