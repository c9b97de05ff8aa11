package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.virtio.TraceContext;

/**
 * A stream's messages at the driver's side. Remembers nothing; any thread may use it.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 * @param <Q> the message that goes
 * @param <A> the message that comes
 */
public interface ClientDialect<C, R, E, Q, A> {

    Q encodeOpen(OpenStream open);

    Q encodeCommand(long sequence, C command);

    /** A command's message with the trace that it belongs to. */
    Q traced(Q message, TraceContext trace);

    Q encodeMemoryWrite(long address, ByteString data);

    /** @param length in bytes; 0 means up to the end */
    Q encodeConfigRead(int offset, int length);

    Q encodeConfigWrite(int offset, ByteString data);

    Outbound<R, E> decodeResponse(A message);
}
