package dev.crossdev.gpu.objects;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.Names;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.WriteRequest;
import dev.crossdev.proto.objects.v1.WriteResponse;
import dev.crossdev.proto.objects.v1.WriteStart;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One Write: collects the bytes, and when the last one that was announced has come puts them into the object under a WRITE
 * fence, without waiting for the importer to say that no more will follow. Whatever goes wrong before that leaves the object
 * as it was.
 */
final class WriteCall implements StreamObserver<WriteRequest> {
    /** Messages that the importer may send ahead; at 256 KiB each, a megabyte. */
    private static final int AHEAD = 4;

    private final LocalObjects objects;
    private final WriteBudget budget;
    private final ServerCallStreamObserver<WriteResponse> call;
    private final ObjectSettings settings;
    private final Object lock = new Object();
    private final List<ByteString> pieces = new ArrayList<>();
    private Duration patience = Duration.ZERO;
    private long collected;
    private WriteBudget.@Nullable Reservation reservation;
    private @Nullable Transfer transfer;
    private Rows rows = new Rows(0, 0, 0);
    private boolean whole;
    private boolean ended;

    /** To be made before the service's method returns. */
    WriteCall(LocalObjects objects, WriteBudget budget, ServerCallStreamObserver<WriteResponse> call) {
        this.objects = objects;
        this.budget = budget;
        this.call = call;
        this.settings = objects.settings();
        call.disableAutoRequest();
        call.setOnCancelHandler(() -> end(() -> {}));
        call.request(1);
    }

    @Override
    public void onNext(WriteRequest request) {
        try {
            switch (request.getRequestCase()) {
                case START -> start(request.getStart());
                case DATA -> {
                    collect(request.getData());
                    call.request(1);
                }
                case REQUEST_NOT_SET -> throw new ErrnoException(Errno.EINVAL, "an empty write request");
            }
            commitWhenWhole();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    @Override
    public void onError(Throwable failure) {
        end(() -> {});
    }

    @Override
    public void onCompleted() {
        synchronized (lock) {
            if (whole) {
                return;
            }
        }
        fail(new ErrnoException(Errno.EINVAL, collected + " bytes came of " + rows.length() + " that were announced"));
    }

    private void commitWhenWhole() {
        Transfer range;
        synchronized (lock) {
            if (ended || whole || transfer == null || collected < rows.length()) {
                return;
            }
            whole = true;
            range = transfer;
        }
        range.fenceWrite(patience, settings.transferTime(), this::fail, () -> commit(range));
    }

    private void start(WriteStart start) {
        Hold hold = objects.hold(
                Names.guest(start.getGuest()), SharedObjectsDoor.importer(start.getImporter()), start.getAttachment());
        synchronized (lock) {
            if (ended) {
                return;
            }
            if (transfer != null) {
                throw new ErrnoException(Errno.EINVAL, "the write has started already");
            }
            rows = Rows.of(start);
            transfer = new Transfer(hold, start.getOffset(), rows.span(), settings.transferTime(), this::timedOut);
            patience = Transfer.patience(settings.fenceWait());
        }
        // Nothing more is read before there is room for it.
        WriteBudget.Reservation room = budget.reserve(rows.length(), this::readOn);
        boolean late;
        synchronized (lock) {
            late = ended;
            reservation = room;
        }
        if (late) {
            room.close();
        }
    }

    private void readOn() {
        synchronized (lock) {
            if (ended) {
                return;
            }
        }
        call.request(AHEAD);
    }

    private void collect(ByteString data) {
        synchronized (lock) {
            if (ended) {
                return;
            }
            if (transfer == null) {
                throw new ErrnoException(Errno.EINVAL, "the write has not started");
            }
            if (data.size() > ReadCall.PIECE) {
                throw new ErrnoException(Errno.EINVAL, data.size() + " bytes at a time are too many");
            }
            if (data.size() > rows.length() - collected) {
                throw new ErrnoException(Errno.EINVAL, "more bytes came than " + rows.length());
            }
            pieces.add(data);
            collected += data.size();
        }
    }

    private void commit(Transfer range) {
        synchronized (lock) {
            if (ended) {
                return;
            }
            range.requireHeld();
            List<Patch> patches = new ArrayList<>();
            long at = 0;
            for (ByteString piece : pieces) {
                rows.place(at, MemorySegment.ofBuffer(piece.asReadOnlyByteBuffer()), patches);
                at += piece.size();
            }
            range.write(patches);
        }
        boolean fenced = range.end();
        end(() -> {
            if (fenced) {
                call.onNext(WriteResponse.newBuilder().setWritten(rows.length()).build());
                call.onCompleted();
            } else {
                call.onError(Statuses.toException(
                        new ErrnoException(Errno.ETIMEDOUT, "the fence ended before the write did")));
            }
        });
    }

    private void timedOut() {
        fail(new ErrnoException(Errno.ETIMEDOUT, "the write took longer than " + settings.transferTime()));
    }

    private void fail(RuntimeException failure) {
        end(() -> call.onError(Statuses.toException(SharedObjectsDoor.noted(failure))));
    }

    /** Gives everything back, then answers; only the first one does. */
    private void end(Runnable answer) {
        Transfer range;
        WriteBudget.Reservation room;
        synchronized (lock) {
            if (ended) {
                return;
            }
            ended = true;
            range = transfer;
            room = reservation;
            pieces.clear();
        }
        if (room != null) {
            room.close();
        }
        if (range != null) {
            range.end();
        }
        answer.run();
    }
}
