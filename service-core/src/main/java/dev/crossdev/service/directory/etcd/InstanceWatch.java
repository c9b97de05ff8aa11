package dev.crossdev.service.directory.etcd;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.etcd.Event;
import dev.crossdev.proto.etcd.KeyValue;
import dev.crossdev.proto.etcd.RangeRequest;
import dev.crossdev.proto.etcd.RangeResponse;
import dev.crossdev.proto.etcd.WatchResponse;
import dev.crossdev.service.directory.Directory.InstanceListener;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Follows the instances, however often etcd goes and comes back: from the first revision that was not seen, or, when etcd
 * has forgotten that one (compaction, or another etcd), by a new list, of which the differences are told.
 */
final class InstanceWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(InstanceWatch.class.getName());
    private static final Duration RETRY = Duration.ofMillis(200);

    private final EtcdClient etcd;
    private final ByteString start;
    private final InstanceListener listener;
    private final Set<HostPort> known = new LinkedHashSet<>();
    private final Thread thread;
    private volatile boolean closed;
    /** The first revision that was not seen; 0 before the first list, and when it cannot be had any more. */
    private long next;

    private sealed interface Signal {
        record Answer(WatchResponse response) implements Signal {}

        record End(Throwable why) implements Signal {}
    }

    /** @param start what the keys of instances begin with */
    InstanceWatch(EtcdClient etcd, ByteString start, InstanceListener listener) {
        this.etcd = etcd;
        this.start = start;
        this.listener = listener;
        thread = Thread.ofVirtual().name("directory-watch").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        try {
            while (!closed) {
                try {
                    if (next == 0) {
                        list();
                    }
                    follow();
                } catch (ErrnoException e) {
                    LOG.log(System.Logger.Level.DEBUG, () -> "the watch of instances starts again: " + e);
                    Thread.sleep(RETRY);
                }
            }
        } catch (InterruptedException e) {
            assert closed : "only the end interrupts";
        }
    }

    private void list() throws InterruptedException {
        RangeResponse list;
        try {
            list = etcd.range(RangeRequest.newBuilder()
                            .setKey(start)
                            .setRangeEnd(Keys.endOf(start))
                            .build())
                    .get(etcd.timeout().multipliedBy(2).toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw Statuses.toErrno(e);
        }
        Set<HostPort> there = new LinkedHashSet<>();
        list.getKvsList().forEach(entry -> there.add(address(entry)));
        Set<HostPort> gone = new HashSet<>(known);
        gone.removeAll(there);
        gone.forEach(this::left);
        there.forEach(this::joined);
        next = list.getHeader().getRevision() + 1;
    }

    /** Until the stream ends, which it does with an exception; at once when a new list is needed. */
    private void follow() throws InterruptedException {
        BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
        Runnable end = etcd.watch(start, next, observer(signals));
        try {
            while (next != 0) {
                switch (signals.take()) {
                    case Signal.Answer(WatchResponse response) -> take(response);
                    case Signal.End(Throwable why) -> throw Statuses.toErrno(why);
                }
            }
        } finally {
            end.run();
        }
    }

    private void take(WatchResponse response) {
        // A revision that is still to come: this etcd has lost what the last one had, or is another one.
        boolean behind = response.getCreated() && response.getHeader().getRevision() < next - 1;
        if (response.getCanceled() || behind) {
            next = 0;
            return;
        }
        for (Event event : response.getEventsList()) {
            switch (event.getType()) {
                case DELETE -> left(address(event.getKv()));
                default -> joined(address(event.getKv()));
            }
            // Not the header's: that is the store's, and there may be more to come before it.
            next = event.getKv().getModRevision() + 1;
        }
    }

    private void joined(HostPort instance) {
        if (known.add(instance)) {
            listener.joined(instance);
        }
    }

    private void left(HostPort instance) {
        if (known.remove(instance)) {
            listener.left(instance);
        }
    }

    /** Of the key: what is deleted has no value. */
    private HostPort address(KeyValue entry) {
        return EtcdDirectory.address(entry.getKey().substring(start.size()));
    }

    private static StreamObserver<WatchResponse> observer(BlockingQueue<Signal> signals) {
        return new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {
                signals.add(new Signal.Answer(response));
            }

            @Override
            public void onError(Throwable failure) {
                signals.add(new Signal.End(failure));
            }

            @Override
            public void onCompleted() {
                signals.add(new Signal.End(
                        Status.UNAVAILABLE.withDescription("ended").asRuntimeException()));
            }
        };
    }
}
