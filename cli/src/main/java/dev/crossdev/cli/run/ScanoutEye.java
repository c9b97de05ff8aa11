package dev.crossdev.cli.run;

import dev.crossdev.cli.report.HtmlReport.Picture;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.guest.pipeline.FrameObserver;
import dev.crossdev.guest.pipeline.ShownFrame;
import dev.crossdev.media.FrameDigest;
import dev.crossdev.proto.admin.v1.CaptureScanoutRequest;
import dev.crossdev.proto.admin.v1.CaptureScanoutResponse;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ScanoutHeader;
import dev.crossdev.virtio.gpu.PixelFormat;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;

/** Looks at the scanout after every flush: digests what it shows and keeps some of it as pictures. */
final class ScanoutEye implements FrameObserver {

    private static final long DEADLINE_SECONDS = 10;

    private final DeviceAdminGrpc.DeviceAdminBlockingStub admin;
    private final List<Integer> pictured;
    private final FrameDigest digest = new FrameDigest();
    private final List<Picture> pictures = new ArrayList<>();
    private long flushes;

    /** @param pictured numbers of the frames to keep, ascending */
    ScanoutEye(Channel gpu, List<Integer> pictured) {
        this.admin = DeviceAdminGrpc.newBlockingStub(gpu);
        this.pictured = pictured;
    }

    @Override
    public void shown(ShownFrame frame) {
        try {
            capture(frame);
        } catch (StatusRuntimeException e) {
            throw Statuses.toErrno(e);
        }
    }

    String digest() {
        return digest.hex();
    }

    List<Picture> pictures() {
        return List.copyOf(pictures);
    }

    private void capture(ShownFrame frame) {
        Iterator<CaptureScanoutResponse> parts = admin.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .captureScanout(CaptureScanoutRequest.newBuilder()
                        .setGuest(frame.guest())
                        .setDevice(frame.device())
                        .setScanoutId(frame.scanout())
                        .build());
        ScanoutHeader header = parts.next().getHeader();
        if (header.getWidth() != frame.width()
                || header.getHeight() != frame.height()
                || header.getFormat() != PixelFormat.B8G8R8A8_UNORM.number()) {
            throw new ErrnoException(
                    Errno.EPROTO,
                    "the scanout shows " + header.getWidth() + " x " + header.getHeight() + " in format "
                            + header.getFormat() + " instead of frame " + frame.number());
        }
        if (header.getFlushCount() <= flushes) {
            throw new ErrnoException(
                    Errno.EPROTO, "the scanout was not flushed for frame " + frame.number() + " and shows an older one");
        }
        flushes = header.getFlushCount();
        ByteBuffer pixels = ByteBuffer.allocate(Math.multiplyExact(frame.width() * frame.height(), 4));
        while (parts.hasNext()) {
            parts.next().getData().copyTo(pixels);
        }
        if (pixels.hasRemaining()) {
            throw new ErrnoException(
                    Errno.EPROTO, "the capture of frame " + frame.number() + " lacks " + pixels.remaining() + " bytes");
        }
        digest.update(pixels.array());
        if (pictured.contains(frame.number())) {
            pictures.add(new Picture("frame " + frame.number(), png(pixels.array(), frame.width(), frame.height())));
        }
    }

    private static byte[] png(byte[] bgra, int width, int height) {
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
