package dev.crossdev.gpu.app;

import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Captured pixels as a PNG. */
final class Png {

    private Png() {}

    static byte[] of(ScanoutImage image) {
        PixelFormat format = PixelFormat.of(image.format())
                .orElseThrow(() -> new IllegalStateException("a scanout of format " + image.format()));
        int red = format.byteOf('R');
        int green = format.byteOf('G');
        int blue = format.byteOf('B');
        byte[] pixels = image.pixels();
        BufferedImage picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        int at = 0;
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                picture.setRGB(
                        x,
                        y,
                        (pixels[at + red] & 0xff) << 16 | (pixels[at + green] & 0xff) << 8 | pixels[at + blue] & 0xff);
                at += PixelFormat.BYTES_PER_PIXEL;
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return png.toByteArray();
    }
}
