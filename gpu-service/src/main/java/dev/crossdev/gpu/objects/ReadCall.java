package dev.crossdev.gpu.objects;

import com.google.protobuf.UnsafeByteOperations;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.server.ServerWriters;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.ReadRequest;
import dev.crossdev.proto.objects.v1.ReadResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One Read: copies an object out in pieces, as fast as the importer reads, under a READ fence from first to last. */
final class ReadCall {
    /** Bytes of a piece. */
    static final int PIECE = 256 * 1024;

    /** Pieces that may wait for the importer. */
    private static final int MARK = 2;

    private final ObjectSettings settings;
    private final StreamWriter<ReadResponse> writer;
    private final AtomicInteger wakeUps = new AtomicInteger();
    private final AtomicReference<@Nullable Transfer> transfer = new AtomicReference<>();
    private volatile boolean fenced;
    /** Of whoever pumps. */
    private long copied;

    /** To be made before the service's method returns. */
    ReadCall(ObjectSettings settings, ServerCallStreamObserver<ReadResponse> call) {
        this.settings = settings;
        this.writer = ServerWriters.over(call, MARK, 4 * MARK, this::end);
        writer.onDrained(this::pump);
    }

    void start(Hold hold, ReadRequest request) {
        Transfer range =
                new Transfer(hold, request.getOffset(), request.getLength(), settings.transferTime(), this::timedOut);
        transfer.set(range);
        range.fenceRead(Transfer.patience(settings.fenceWait()), settings.transferTime(), this::fail, () -> {
            fenced = true;
            pump();
        });
    }

    void fail(RuntimeException failure) {
        end();
        writer.fail(Statuses.toException(SharedObjectsDoor.noted(failure)));
    }

    private void timedOut() {
        fail(new ErrnoException(Errno.ETIMEDOUT, "the read took longer than " + settings.transferTime()));
    }

    /** One thread at a time; another one that comes makes it go round again. */
    private void pump() {
        if (!fenced) {
            return;
        }
        int missed = wakeUps.getAndIncrement() == 0 ? 1 : 0;
        while (missed != 0) {
            try {
                copy();
            } catch (RuntimeException e) {
                fail(e);
            }
            missed = wakeUps.addAndGet(-missed);
        }
    }

    private void copy() {
        Transfer range = transfer.get();
        if (range == null) {
            return;
        }
        while (!writer.isAboveMark() && !writer.isEnded() && copied < range.length()) {
            range.requireHeld();
            int size = (int) Math.min(PIECE, range.length() - copied);
            byte[] piece = new byte[size];
            range.read(copied, MemorySegment.ofArray(piece));
            writer.offer(ReadResponse.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(piece))
                    .build());
            copied += size;
        }
        if (copied == range.length() && !writer.isEnded()) {
            if (range.end()) {
                writer.complete();
            } else {
                fail(new ErrnoException(Errno.ETIMEDOUT, "the fence ended before the read did"));
            }
        }
    }

    private void end() {
        Transfer range = transfer.get();
        if (range != null) {
            range.end();
        }
    }
}
