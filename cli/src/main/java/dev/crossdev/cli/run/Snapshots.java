package dev.crossdev.cli.run;

import dev.crossdev.cli.report.HtmlReport.Picture;
import dev.crossdev.guest.harness.CapturedFrame;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import javax.imageio.ImageIO;

/** Keeps some of the frames that a scanout showed, as PNG. */
final class Snapshots implements Consumer<CapturedFrame> {

    private final Set<Integer> numbers;
    private final List<Picture> pictures = new ArrayList<>();

    /** @param numbers of the frames to keep, from 0, in display order */
    Snapshots(Set<Integer> numbers) {
        this.numbers = numbers;
    }

    @Override
    public void accept(CapturedFrame frame) {
        if (numbers.contains(frame.shown().number())) {
            pictures.add(new Picture("frame " + frame.shown().number(), png(frame)));
        }
    }

    List<Picture> pictures() {
        return List.copyOf(pictures);
    }

    private static byte[] png(CapturedFrame frame) {
        BufferedImage image = new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
        // Bytes B, G, R, A are the integer 0xAARRGGBB in little-endian order; an RGB image ignores the alpha.
        int[] argb = new int[frame.width() * frame.height()];
        ByteBuffer.wrap(frame.bgra())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(argb);
        image.setRGB(0, 0, frame.width(), frame.height(), argb, 0, frame.width());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
