package dev.crossdev.guest.harness;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.ServiceLink;
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
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Captures the scanout after every flush of a run and digests what it shows. One run has one capture.
 *
 * <p>The scanout's own count of flushes must grow by one from frame to frame: a flush that was lost, or one that nobody
 * sent, is an error even when the pixels happen to be right.
 */
public final class ScanoutCapture implements FrameObserver {

    private final Channel gpuService;
    private final Answers answers;
    private final Consumer<CapturedFrame> frames;
    private final FrameDigest digest = new FrameDigest();
    private long flushesBefore = -1;

    /**
     * @param gpuService to capture from
     * @param frames sees each captured frame, on the pipeline's thread
     */
    public ScanoutCapture(ServiceLink gpuService, Consumer<CapturedFrame> frames) {
        this.gpuService = gpuService.channel();
        this.answers = gpuService.answers();
        this.frames = frames;
    }

    /** @throws ErrnoException EPROTO when the scanout does not show what it should; what the call fails with */
    @Override
    public void shown(ShownFrame frame) {
        CaptureScanoutRequest request = CaptureScanoutRequest.newBuilder()
                .setGuest(frame.guest())
                .setDevice(frame.device())
                .setScanoutId(frame.scanout())
                .build();
        CapturedFrame captured;
        try {
            captured = read(
                    frame,
                    DeviceAdminGrpc.newBlockingStub(gpuService)
                            .withDeadlineAfter(answers.patience().toNanos(), TimeUnit.NANOSECONDS)
                            .captureScanout(request));
        } catch (StatusRuntimeException e) {
            throw answers.named(Statuses.toErrno(e));
        }
        digest.update(captured.bgra());
        frames.accept(captured);
    }

    /** SHA-256 over the frames so far, as 64 lower-case hexadecimal digits. */
    public String digest() {
        return digest.hex();
    }

    /** How many frames were captured. */
    public int frames() {
        return digest.frames();
    }

    private CapturedFrame read(ShownFrame frame, Iterator<CaptureScanoutResponse> parts) {
        if (!parts.hasNext()) {
            throw wrong(frame, "an empty capture");
        }
        ScanoutHeader header = parts.next().getHeader();
        check(frame, header);
        ByteBuffer pixels = ByteBuffer.allocate(Math.multiplyExact(4, frame.width() * frame.height()));
        while (parts.hasNext()) {
            CaptureScanoutResponse part = parts.next();
            if (part.getData().size() > pixels.remaining()) {
                throw wrong(frame, "more than " + pixels.capacity() + " bytes");
            }
            part.getData().copyTo(pixels);
        }
        if (pixels.hasRemaining()) {
            throw wrong(frame, pixels.position() + " bytes of " + pixels.capacity());
        }
        return new CapturedFrame(frame, frame.width(), frame.height(), pixels.array());
    }

    private void check(ShownFrame frame, ScanoutHeader header) {
        if (header.getFormat() != PixelFormat.B8G8R8A8_UNORM.number()) {
            throw wrong(frame, "format " + header.getFormat());
        }
        if (header.getWidth() != frame.width() || header.getHeight() != frame.height()) {
            throw wrong(frame, header.getWidth() + "x" + header.getHeight() + " pixels");
        }
        if (flushesBefore >= 0 && header.getFlushCount() != flushesBefore + 1) {
            throw wrong(frame, header.getFlushCount() + " flushes after " + flushesBefore);
        }
        flushesBefore = header.getFlushCount();
    }

    private ErrnoException wrong(ShownFrame frame, String what) {
        return new ErrnoException(
                Errno.EPROTO,
                answers.service() + " shows " + what + " for frame " + frame.number() + " of " + frame.width() + "x"
                        + frame.height() + " pixels");
    }
}
