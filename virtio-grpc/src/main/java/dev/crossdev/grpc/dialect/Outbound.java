package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;

/**
 * What a device's message means to the driver's side.
 *
 * @param <R> answer
 * @param <E> event of the device's protocol
 */
public sealed interface Outbound<R, E> {

    /** The stream's first message. */
    record Opened<R, E>(StreamOpened opened) implements Outbound<R, E> {}

    record Completion<R, E>(long sequence, R response, Times times) implements Outbound<R, E> {}

    /** A completion whose answer makes no sense: EPROTO for its command. */
    record BadCompletion<R, E>(long sequence, String reason) implements Outbound<R, E> {}

    record Event<R, E>(E event) implements Outbound<R, E> {}

    record Notice<R, E>(DeviceNotice notice) implements Outbound<R, E> {}

    /** The device's write to the guest's memory; precedes the completion that reports it. */
    record MemoryWrite<R, E>(long address, ByteString data) implements Outbound<R, E> {}

    /** The answer to the oldest configuration read that has none. */
    record Config<R, E>(int offset, ByteString data) implements Outbound<R, E> {}

    /** A message that means nothing here: counted and ignored. */
    record Unknown<R, E>(String reason) implements Outbound<R, E> {}
}
