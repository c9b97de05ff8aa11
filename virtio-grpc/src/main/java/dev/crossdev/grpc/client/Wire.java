package dev.crossdev.grpc.client;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.ClientDialect;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.virtio.TraceContext;

/** A call and the dialect spoken on it, as one thing that takes commands. */
final class Wire<C, Q> {

    private final ClientDialect<C, ?, ?, Q, ?> dialect;
    private final ClientStream<Q, ?> stream;

    Wire(ClientDialect<C, ?, ?, Q, ?> dialect, ClientStream<Q, ?> stream) {
        this.dialect = dialect;
        this.stream = stream;
    }

    void open(OpenStream open) {
        stream.writer().offer(dialect.encodeOpen(open));
    }

    /** Leaves the command for {@link #flush}. */
    void enqueueCommand(long sequence, C command, TraceContext trace) {
        Q message = dialect.encodeCommand(sequence, command);
        stream.writer().enqueue(trace.isPresent() ? dialect.traced(message, trace) : message);
    }

    /** Leaves the request for {@link #flush}. */
    void enqueueConfigRead(int offset, int length) {
        stream.writer().enqueue(dialect.encodeConfigRead(offset, length));
    }

    void flush() {
        stream.writer().flush();
    }

    boolean memoryWrite(long address, ByteString data) {
        return stream.writer().offer(dialect.encodeMemoryWrite(address, data));
    }

    boolean configWrite(int offset, ByteString data) {
        return stream.writer().offer(dialect.encodeConfigWrite(offset, data));
    }

    boolean isAboveMark() {
        return stream.writer().isAboveMark();
    }

    void onDrained(Runnable action) {
        stream.writer().onDrained(action);
    }

    void complete() {
        stream.writer().complete();
    }

    void cancel(String why) {
        stream.cancel(why);
    }
}
