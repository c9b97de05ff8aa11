package dev.crossdev.grpc.flow;

import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A sink that takes as many messages as it is told to, and notices two threads at a time. */
final class RecordingSink implements StreamSink<String> {

    final AtomicInteger room = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private final List<String> sent = new ArrayList<>();
    volatile boolean completed;
    volatile boolean overlapped;
    volatile @Nullable StatusRuntimeException failure;
    volatile @Nullable RuntimeException broken;

    RecordingSink(int room) {
        this.room.set(room);
    }

    synchronized List<String> sent() {
        return List.copyOf(sent);
    }

    @Override
    public boolean isReady() {
        return room.get() > 0;
    }

    @Override
    public void send(String message) {
        if (inside.incrementAndGet() != 1) {
            overlapped = true;
        }
        RuntimeException problem = broken;
        if (problem != null) {
            throw problem;
        }
        room.decrementAndGet();
        synchronized (this) {
            sent.add(message);
        }
        inside.decrementAndGet();
    }

    @Override
    public void complete() {
        completed = true;
    }

    @Override
    public void fail(StatusRuntimeException why) {
        failure = why;
    }
}
