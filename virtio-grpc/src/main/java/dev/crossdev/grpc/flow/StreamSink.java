package dev.crossdev.grpc.flow;

import io.grpc.StatusRuntimeException;

/**
 * Where a {@link StreamWriter} writes: one direction of a gRPC stream. Except for {@link #isReady}, never called by two
 * threads at a time.
 */
public interface StreamSink<T> {

    /** Whether the transport takes another message without buffering it. */
    boolean isReady();

    void send(T message);

    /** The stream's regular end; nothing follows. */
    void complete();

    /** The stream's failure; nothing follows. */
    void fail(StatusRuntimeException failure);
}
