package dev.crossdev.video.objects;

import com.google.protobuf.UnsafeByteOperations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc.SharedObjectsStub;
import dev.crossdev.proto.objects.v1.WriteRequest;
import dev.crossdev.proto.objects.v1.WriteResponse;
import dev.crossdev.proto.objects.v1.WriteStart;
import dev.crossdev.video.device.ObjectLayout;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One Write of one picture. The thread that sends waits: for room on the connection, so that no more than a few pieces are
 * on their way, and at the end for the exporter's word. The call's deadline ends both, and so does an interrupt.
 */
final class PictureWrite implements ClientResponseObserver<WriteRequest, WriteResponse> {
    /** Bytes of a piece; the contract allows no more. */
    static final int PIECE = 256 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable ClientCallStreamObserver<WriteRequest> call;
    private long written = -1;
    private boolean ended;
    private @Nullable ErrnoException failure;

    private PictureWrite() {}

    /**
     * Sends a picture and waits until the exporter has it.
     *
     * @param object guest, importer and attachment
     * @param bytes the object's first ones, the pixels among them at their places
     * @param layout of the object; between its rows nothing is sent
     * @param limit of the whole call
     * @throws ErrnoException as {@link dev.crossdev.video.device.SentPictures.Sender#send}
     */
    static void send(
            SharedObjectsStub stub, WriteStart object, MemorySegment bytes, ObjectLayout layout, Duration limit) {
        PictureWrite write = new PictureWrite();
        // Whatever call the thread serves is not this one's caller.
        Context.ROOT.run(() ->
                stub.withDeadlineAfter(limit.toNanos(), TimeUnit.NANOSECONDS).write(write));
        boolean done = false;
        try {
            write.transfer(object, bytes, layout);
            done = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted while sending a picture", e);
        } finally {
            if (!done) {
                write.call().cancel("given up", null);
            }
        }
    }

    private void transfer(WriteStart object, MemorySegment bytes, ObjectLayout layout) throws InterruptedException {
        boolean touching = layout.width() == 0 || layout.stride() == layout.rowBytes();
        MemorySegment pixels = bytes.asSlice(layout.offset(), layout.end() - layout.offset());
        long row = touching ? pixels.byteSize() : layout.rowBytes();
        long stride = touching ? row : layout.stride();
        long length = touching ? row : row * layout.height();
        WriteStart.Builder start = object.toBuilder().setOffset(layout.offset()).setLength(length);
        if (!touching) {
            start.setRow(row).setStride(stride);
        }
        call().onNext(WriteRequest.newBuilder().setStart(start).build());
        for (long at = 0; at < length && awaitRoom(); ) {
            int size = (int) Math.min(PIECE, length - at);
            // The call may hold on to it for longer than the picture lives.
            byte[] piece = new byte[size];
            copyRows(pixels, row, stride, at, piece);
            call().onNext(WriteRequest.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(piece))
                    .build());
            at += size;
        }
        call().onCompleted();
        awaitWord(length);
    }

    /** Fills a piece with the bytes that follow the first {@code at} ones, row by row. */
    private static void copyRows(MemorySegment pixels, long row, long stride, long at, byte[] piece) {
        MemorySegment target = MemorySegment.ofArray(piece);
        long done = 0;
        while (done < piece.length) {
            long within = (at + done) % row;
            long part = Math.min(row - within, piece.length - done);
            MemorySegment.copy(pixels, (at + done) / row * stride + within, target, done, part);
            done += part;
        }
    }

    /** False when the call is over: there is no point in sending more. */
    private boolean awaitRoom() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!ended && !call().isReady()) {
                changed.await();
            }
            return !ended;
        } finally {
            lock.unlock();
        }
    }

    private void awaitWord(long length) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!ended) {
                changed.await();
            }
            if (failure != null) {
                throw failure;
            }
            if (written != length) {
                throw new ErrnoException(
                        Errno.EPROTO, "the exporter says that it has " + written + " bytes of " + length);
            }
        } finally {
            lock.unlock();
        }
    }

    private ClientCallStreamObserver<WriteRequest> call() {
        ClientCallStreamObserver<WriteRequest> begun = call;
        if (begun == null) {
            throw new IllegalStateException("the call has not begun");
        }
        return begun;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WriteRequest> requests) {
        call = requests;
        requests.setOnReadyHandler(() -> end(false, null));
    }

    @Override
    public void onNext(WriteResponse response) {
        lock.lock();
        try {
            written = response.getWritten();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onError(Throwable error) {
        ErrnoException why = Statuses.toErrno(error);
        // A server that is shut down resets its calls, and that reads as a cancel; ours ends the wait before it.
        boolean reset = Status.fromThrowable(error).getCode() == Status.Code.CANCELLED;
        end(true, reset ? new DeviceGoneException(String.valueOf(why.getMessage()), why) : why);
    }

    @Override
    public void onCompleted() {
        end(true, null);
    }

    private void end(boolean over, @Nullable ErrnoException why) {
        lock.lock();
        try {
            if (over && !ended) {
                ended = true;
                failure = why;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
