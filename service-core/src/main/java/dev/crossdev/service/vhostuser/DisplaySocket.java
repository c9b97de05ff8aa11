package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.Inspectable.ActiveScanout;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.wire.WireWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;

/**
 * What the scanouts show, for the front end's window, on a socket of its own (QEMU's docs/interop/vhost-user-gpu.rst): a
 * platform thread compares what it told with what is shown, and tells the difference by SCANOUT and UPDATE, whole pictures
 * each. A front end that reads slowly misses pictures, never the latest, and holds up nobody. Pointers are not told.
 */
final class DisplaySocket implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DisplaySocket.class.getName());

    private static final int SCANOUT = 7;
    private static final int UPDATE = 8;

    /** Requests here have no version in their flags. */
    private static final int NO_FLAGS = 0;

    private final DescriptorStream stream;
    private final Supplier<Optional<Inspectable>> device;
    /** By scanout. For the thread alone. */
    private final Map<Integer, Told> told = new HashMap<>();

    private final BlockingQueue<Boolean> changes = new ArrayBlockingQueue<>(1);
    private volatile boolean over;

    private record Told(int width, int height, long flushCount) {
        boolean isStill(ActiveScanout now) {
            return width == now.width() && height == now.height() && flushCount == now.flushCount();
        }
    }

    /**
     * Tells what is shown now, and changes from here on.
     *
     * @param stream owned from here on
     * @param device whose scanouts they are; empty while there is none
     */
    DisplaySocket(DescriptorStream stream, String name, Supplier<Optional<Inspectable>> device) {
        this.stream = stream;
        this.device = device;
        changed();
        Thread.ofPlatform().daemon().name(name).start(this::serve);
    }

    /** Something else may be shown by now; from any thread. */
    void changed() {
        // When there is one already, the thread has not looked yet.
        boolean unused = changes.offer(true);
    }

    private void serve() {
        try (stream) {
            while (!over) {
                boolean unused = changes.take();
                tell();
            }
        } catch (ErrnoException e) {
            LOG.log(System.Logger.Level.DEBUG, "the front end''s display does not listen: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell() {
        Map<Integer, ActiveScanout> active = new HashMap<>();
        Optional<Inspectable> shown = device.get();
        shown.ifPresent(it -> it.activeScanouts().forEach(each -> active.put(each.scanoutId(), each)));
        for (int id :
                told.keySet().stream().filter(id -> !active.containsKey(id)).toList()) {
            off(id);
        }
        active.forEach((id, now) -> {
            Told before = told.get(id);
            if (before == null || !before.isStill(now)) {
                shown.flatMap(it -> it.captureScanout(id)).ifPresentOrElse(image -> show(id, image), () -> off(id));
            }
        });
    }

    private void show(int id, ScanoutImage image) {
        Told before = told.get(id);
        // QEMU has no surface for an UPDATE that comes before its SCANOUT.
        if (before == null || before.width() != image.width() || before.height() != image.height()) {
            stream.write(scanout(id, image.width(), image.height()));
        }
        told.put(id, new Told(image.width(), image.height(), image.flushCount()));
        byte[] pixels = blueGreenRed(image);
        stream.write(request(UPDATE, 5 * Integer.BYTES + pixels.length)
                .u32(id)
                .u32(0)
                .u32(0)
                .u32(image.width())
                .u32(image.height())
                .bytes(pixels)
                .toBytes());
    }

    private void off(int id) {
        if (told.remove(id) != null) {
            stream.write(scanout(id, 0, 0));
        }
    }

    private static byte[] scanout(int id, int width, int height) {
        return request(SCANOUT, 3 * Integer.BYTES)
                .u32(id)
                .u32(width)
                .u32(height)
                .toBytes();
    }

    private static WireWriter request(int number, int size) {
        return VhostUserRequest.Header.begin(number, NO_FLAGS, size);
    }

    /** As pixman's x8r8g8b8 lies in memory. */
    private static byte[] blueGreenRed(ScanoutImage image) {
        PixelFormat format = PixelFormat.of(image.format())
                .orElseThrow(() -> new IllegalStateException("a scanout of format " + image.format()));
        int blue = format.byteOf('B');
        int green = format.byteOf('G');
        int red = format.byteOf('R');
        byte[] pixels = image.pixels();
        if (blue == 0 && green == 1 && red == 2) {
            return pixels;
        }
        byte[] ordered = new byte[pixels.length];
        for (int at = 0; at < pixels.length; at += PixelFormat.BYTES_PER_PIXEL) {
            ordered[at] = pixels[at + blue];
            ordered[at + 1] = pixels[at + green];
            ordered[at + 2] = pixels[at + red];
        }
        return ordered;
    }

    /** Tells nothing more. The socket is closed a moment later. */
    @Override
    public void close() {
        over = true;
        stream.hangUp();
        changed();
    }
}
