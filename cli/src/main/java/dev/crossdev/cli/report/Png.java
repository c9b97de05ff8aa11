package dev.crossdev.cli.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.imageio.ImageIO;

/** Pixels as a PNG. */
public final class Png {

    private Png() {}

    /** @param bgra rows, tightly packed, bytes B, G, R and one that a monitor does not show */
    public static byte[] of(int width, int height, byte[] bgra) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        // Bytes B, G, R, A are the integer 0xAARRGGBB in little-endian order; an RGB image ignores the alpha.
        int[] argb = new int[width * height];
        ByteBuffer.wrap(bgra).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(argb);
        image.setRGB(0, 0, width, height, argb, 0, width);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
