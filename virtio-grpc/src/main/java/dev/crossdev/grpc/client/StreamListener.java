package dev.crossdev.grpc.client;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;

/**
 * What a driver hears from its device beside the answers to its commands. Called on the thread of the stream (its event
 * loop), in the order in which it was said; must not wait.
 *
 * @param <E> event of the device's protocol
 */
public interface StreamListener<E> {

    /** An event of the device's protocol. */
    default void event(E event) {}

    /** The device wrote to guest memory of which it keeps a copy; comes before the completion that reports it. */
    default void memoryWritten(long address, ByteString data) {}

    /** A part of the configuration space changed. */
    default void configChanged(int offset, ByteString data) {}

    /** The device was reset; all pending commands have failed by now. */
    default void reset(long epoch) {}

    /** The device breached the protocol; it was ignored. */
    default void violation(Violations.Kind kind, String detail) {}

    /** The stream has ended, whoever ended it; all pending commands have failed by now. Called once, last. */
    default void closed(ErrnoException why) {}
}
