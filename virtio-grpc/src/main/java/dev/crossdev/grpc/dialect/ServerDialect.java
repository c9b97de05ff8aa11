package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * One stream's messages at the device's side. A dialect may remember what belongs to its stream (a raw one keeps the
 * buffers of the event queue): each stream has one of its own.
 *
 * <p>{@link #decode} is called by one thread at a time, all else by any.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 * @param <Q> the message that comes
 * @param <A> the message that goes
 */
public interface ServerDialect<C, R, E, Q, A> {

    Inbound<C, R, A> decode(Q message);

    A opened(StreamOpened opened);

    A notice(DeviceNotice notice);

    A memoryWrite(long address, ByteString data);

    /** The answer to a {@link Inbound.ConfigRead}. */
    A config(int offset, ByteString data);

    /** An event as a message; empty when it has to wait until the driver makes room ({@link Inbound.EventRoom}). */
    Optional<A> event(E event);

    /** The device was reset: buffers of the event queue and events that wait are forgotten. */
    default void reset() {}
}
