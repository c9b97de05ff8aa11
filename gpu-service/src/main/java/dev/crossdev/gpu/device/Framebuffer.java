package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.ScatterList;
import java.lang.foreign.MemorySegment;

/** A resource as a scanout reads it: the host copy of a 2D resource, or a blob with the layout that SET_SCANOUT_BLOB gave. */
sealed interface Framebuffer {

    Resource resource();

    /** What importers may be writing. */
    SharedPixels pixels();

    PixelFormat format();

    /** Pixels. */
    int width();

    /** Pixels. */
    int height();

    /**
     * Copies a rectangle out; the caller sees to it that nobody writes meanwhile.
     *
     * @param x column of the rectangle's first pixel, here
     * @param y row of it, here
     * @param target the rectangle in the surface
     * @return false when the memory is not there
     */
    boolean copyTo(Surface surface, int x, int y, Rect target);

    /** RESOURCE_CREATE_2D. */
    record OfImage(Resource.Flat resource) implements Framebuffer {
        @Override
        public HostImage pixels() {
            return resource.image();
        }

        @Override
        public PixelFormat format() {
            return pixels().format();
        }

        @Override
        public int width() {
            return pixels().width();
        }

        @Override
        public int height() {
            return pixels().height();
        }

        @Override
        public boolean copyTo(Surface surface, int x, int y, Rect target) {
            surface.copy(pixels().pixels(), pixels().layout().stride(), x, y, target);
            return true;
        }
    }

    /**
     * SET_SCANOUT_BLOB.
     *
     * @param stride bytes from one row to the next, unsigned
     * @param offset bytes before the first pixel
     */
    record OfBlob(Resource.Blob resource, PixelFormat format, int width, int height, long stride, long offset)
            implements Framebuffer {
        @Override
        public Resource.Blob pixels() {
            return resource;
        }

        @Override
        public boolean copyTo(Surface surface, int x, int y, Rect target) {
            ScatterList pages = resource.backing().orElse(null);
            if (pages == null) {
                return false;
            }
            for (int row = 0; row < target.height(); row++) {
                MemorySegment into = surface.row(target, row);
                long from = offset + (y + row) * stride + (long) x * PixelFormat.BYTES_PER_PIXEL;
                if (pages.copyTo(from, into) != into.byteSize()) {
                    return false;
                }
            }
            return true;
        }
    }
}
