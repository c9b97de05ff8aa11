package dev.crossdev.service.admin;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.CaptureScanoutResponse;
import dev.crossdev.proto.admin.v1.ScanoutHeader;
import dev.crossdev.virtio.ScanoutImage;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends a captured picture as fast as its receiver reads: a picture is megabytes, and the transport would buffer all of it.
 */
final class ScanoutStream {

    private static final Logger LOG = Logger.getLogger(ScanoutStream.class);
    private static final int CHUNK = 256 << 10;

    /** A receiver that does not read must not hold a picture for ever. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final ServerCallStreamObserver<CaptureScanoutResponse> observer;
    private final Runnable ended;

    /** All guarded by this. */
    private @Nullable ByteString pixels;

    private int sent;
    private boolean over;

    private ScanoutStream(ServerCallStreamObserver<CaptureScanoutResponse> observer, Runnable ended) {
        this.observer = observer;
        this.ended = ended;
    }

    /**
     * To be called before the service's method returns.
     *
     * @param capture makes the picture, on a virtual thread
     * @param ended run once, when the picture is no longer held
     */
    static void send(
            ServerCallStreamObserver<CaptureScanoutResponse> observer, Supplier<ScanoutImage> capture, Runnable ended) {
        ScanoutStream stream = new ScanoutStream(observer, ended);
        observer.setOnReadyHandler(stream::pump);
        observer.setOnCancelHandler(stream::end);
        Thread.ofVirtual().name("capture").start(() -> stream.begin(capture));
        CompletableFuture.delayedExecutor(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)
                .execute(() -> stream.fail(
                        new ErrnoException(Errno.ETIMEDOUT, "the picture was not read within " + PATIENCE)));
    }

    private void begin(Supplier<ScanoutImage> capture) {
        try {
            ScanoutImage image = capture.get();
            synchronized (this) {
                if (over) {
                    return;
                }
                pixels = UnsafeByteOperations.unsafeWrap(image.pixels());
                observer.onNext(CaptureScanoutResponse.newBuilder()
                        .setHeader(ScanoutHeader.newBuilder()
                                .setWidth(image.width())
                                .setHeight(image.height())
                                .setFormat(image.format())
                                .setFlushCount(image.flushCount())
                                .setResourceId(image.resourceId()))
                        .build());
            }
            pump();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private synchronized void pump() {
        ByteString all = pixels;
        if (over || all == null) {
            return;
        }
        while (sent < all.size() && observer.isReady()) {
            int to = Math.min(sent + CHUNK, all.size());
            observer.onNext(CaptureScanoutResponse.newBuilder()
                    .setData(all.substring(sent, to))
                    .build());
            sent = to;
        }
        if (sent == all.size()) {
            observer.onCompleted();
            end();
        }
    }

    private synchronized void fail(RuntimeException failure) {
        if (over) {
            return;
        }
        if (!Statuses.isExpected(failure)) {
            LOG.error("a capture failed", failure);
        }
        observer.onError(Statuses.toException(failure));
        end();
    }

    private synchronized void end() {
        if (!over) {
            over = true;
            pixels = null;
            ended.run();
        }
    }
}
