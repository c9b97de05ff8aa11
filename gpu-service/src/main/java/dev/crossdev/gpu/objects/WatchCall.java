package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.Names;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.server.ServerWriters;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One Watch stream: an importer's life line. However it ends, what the importer holds falls. */
final class WatchCall implements StreamObserver<WatchRequest>, RevokeListener {
    /** An importer that has not read so many events is not alive. */
    private static final int BACKLOG = 65_536;

    private static final int MARK = 1024;

    private final LocalObjects objects;
    private final ServerCallStreamObserver<WatchResponse> call;
    private final StreamWriter<WatchResponse> writer;
    private final Object lock = new Object();
    private final List<Runnable> endings = new ArrayList<>();
    private @Nullable ImporterSession session;
    private boolean started;
    private boolean ended;

    /** To be made before the service's method returns. */
    WatchCall(LocalObjects objects, ServerCallStreamObserver<WatchResponse> call) {
        this.objects = objects;
        this.call = call;
        this.writer = ServerWriters.over(call, MARK, BACKLOG, this::end);
        call.disableAutoRequest();
        call.request(1);
    }

    @Override
    public void onNext(WatchRequest request) {
        try {
            switch (request.getRequestCase()) {
                case START -> start(request.getStart());
                case REVOKE_ACKNOWLEDGED ->
                    acknowledged(request.getRevokeAcknowledged().getAttachment());
                case REQUEST_NOT_SET -> throw new ErrnoException(Errno.EINVAL, "an empty watch request");
            }
            call.request(1);
        } catch (RuntimeException e) {
            writer.fail(Statuses.toException(SharedObjectsDoor.noted(e)));
            end();
        }
    }

    @Override
    public void onError(Throwable failure) {
        writer.cancelled();
        end();
    }

    @Override
    public void onCompleted() {
        end();
        writer.complete();
    }

    private void start(WatchStart start) {
        if (started) {
            throw new ErrnoException(Errno.EINVAL, "the watch has started already");
        }
        String guest = Names.guest(start.getGuest());
        if (!start.getImporter().isEmpty()) {
            ImporterSession opened = objects.open(guest, SharedObjectsDoor.importer(start.getImporter()), this);
            session = opened;
            endings(opened::close);
        }
        started = true;
        endings(objects.watch(guest, event -> {
            if (!writer.offer(ObjectMessages.event(event))) {
                end();
            }
        }));
    }

    /** One for what is not held, or was let go of already, harms nobody. */
    private void acknowledged(int attachment) {
        if (!started) {
            throw new ErrnoException(Errno.EINVAL, "the watch has not started");
        }
        if (session != null) {
            session.release(attachment);
        }
    }

    @Override
    public void revokeRequested(int attachment) {
        if (!writer.offer(ObjectMessages.revoke(attachment))) {
            end();
        }
    }

    @Override
    public void cutOff() {
        writer.fail(Statuses.toException(
                new ErrnoException(Errno.ETIMEDOUT, "the importer did not let go of revoked memory in time")));
        end();
    }

    /** Runs at the end; at once when the stream has ended meanwhile. */
    private void endings(Runnable ending) {
        synchronized (lock) {
            if (!ended) {
                endings.add(ending);
                return;
            }
        }
        ending.run();
    }

    private void end() {
        List<Runnable> now;
        synchronized (lock) {
            ended = true;
            now = List.copyOf(endings);
            endings.clear();
        }
        now.forEach(Runnable::run);
    }
}
