package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * The messages of {@code Execute}, one command at a time, at the device's side. Keeps nothing.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 * @param <Q> the request
 * @param <A> the response
 */
public interface ExecuteDialect<C, R, E, Q, A> {

    /** Bytes that one memory read may ask for. */
    int MAX_READ = 1 << 20;

    /** @throws dev.crossdev.dmabuf.error.ErrnoException EINVAL for bad names, and when there is nothing to do */
    ExecuteCall<C, R, A> decode(Q request);

    /** The answer to a memory read. */
    A memory(ByteString content);

    /** The answer to a memory write. */
    A written();

    /** An answer with the events that nobody has seen yet, oldest first. */
    A withEvents(A response, List<E> events);
}
