package dev.crossdev.grpc.flow;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * How many messages a peer may send: the credit that {@code request(n)} gives, taken back while the device has its hands
 * full or the peer does not read its answers. A client that floods a stream is thereby stopped by HTTP/2's own flow
 * control, and what it costs is bounded.
 *
 * <p>The owner turns automatic requesting off, calls {@link #start}, then {@link #handled} once for each message. All
 * methods may be called by any thread; none waits.
 */
public final class InboundFlow {

    private final IntConsumer request;
    private final StreamWriter<?> writer;
    private final int batch;
    private final int prefetch;
    private final int maxInFlight;
    private final AtomicInteger owed = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();

    /**
     * Takes the writer's {@link StreamWriter#onDrained} for itself.
     *
     * @param request how to ask the transport for n more messages
     * @param writer where the answers go
     * @param prefetch messages that the peer may send ahead
     * @param maxInFlight commands that may be with the device, as the size of a virtqueue bounds them
     */
    public InboundFlow(IntConsumer request, StreamWriter<?> writer, int prefetch, int maxInFlight) {
        if (prefetch < 1 || maxInFlight < 1) {
            throw new IllegalArgumentException("prefetch " + prefetch + ", in flight " + maxInFlight);
        }
        this.request = request;
        this.writer = writer;
        this.prefetch = prefetch;
        this.batch = Math.max(1, prefetch / 4);
        this.maxInFlight = maxInFlight;
        writer.onDrained(this::release);
    }

    /** Asks for the first messages. */
    public void start() {
        request.accept(prefetch);
    }

    /** A message has been dealt with, or passed on. */
    public void handled() {
        owed.incrementAndGet();
        release();
    }

    /** A command has gone to the device. */
    public void began() {
        inFlight.incrementAndGet();
    }

    /** A command's answer has been offered to the writer, or will never come. */
    public void ended() {
        inFlight.decrementAndGet();
        release();
    }

    /** Commands with the device. */
    public int inFlight() {
        return inFlight.get();
    }

    /** The device dropped what it had, as a reset does. */
    public void forgetInFlight() {
        inFlight.set(0);
        release();
    }

    private void release() {
        // Credit is given back in batches: each request is a hop to the connection's event loop.
        while (!writer.isAboveMark() && inFlight.get() < maxInFlight) {
            int credit = owed.get();
            if (credit < batch) {
                return;
            }
            if (owed.compareAndSet(credit, 0)) {
                request.accept(credit);
                return;
            }
        }
    }
}
