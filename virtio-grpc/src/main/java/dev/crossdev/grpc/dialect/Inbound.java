package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.RawBuffer;
import java.util.Optional;

/**
 * What a driver's message means to the device's side. Every message has a meaning, the bad ones too.
 *
 * @param <C> command
 * @param <R> the device's answer
 * @param <M> the message that goes back
 */
public sealed interface Inbound<C, R, M> {

    /** The stream's first message. */
    record Open<C, R, M>(OpenStream open) implements Inbound<C, R, M> {}

    /**
     * For the device. Its answer goes back as {@code reply} says it.
     *
     * @param trace that the sender put it in
     */
    record Command<C, R, M>(long sequence, C command, Reply<R, M> reply, TraceContext trace)
            implements Inbound<C, R, M>, CommandOrigin {
        @Override
        public Optional<RawBuffer> buffer() {
            return reply.buffer();
        }
    }

    /**
     * A command that the device could not even be told of. It is answered and the stream goes on.
     *
     * @param answer the protocol's error
     * @param reason for the log
     */
    record BadCommand<C, R, M>(long sequence, R answer, Reply<R, M> reply, String reason)
            implements Inbound<C, R, M>, CommandOrigin {
        @Override
        public Optional<RawBuffer> buffer() {
            return reply.buffer();
        }
    }

    /** The guest's write to memory of which the device keeps a copy; applied before any later command. */
    record MemoryWrite<C, R, M>(long address, ByteString data) implements Inbound<C, R, M> {}

    /**
     * Asks for a part of the configuration space.
     *
     * @param offset in bytes, not negative
     * @param length in bytes; 0 means up to the end
     */
    record ConfigRead<C, R, M>(int offset, int length) implements Inbound<C, R, M> {}

    /** Writes a part of the configuration space; not answered. */
    record ConfigWrite<C, R, M>(int offset, ByteString data) implements Inbound<C, R, M> {}

    /**
     * Room for events, kept in the dialect: no command.
     *
     * @param waiting an event that had been waiting for it
     */
    record EventRoom<C, R, M>(Optional<M> waiting) implements Inbound<C, R, M> {}

    /** A message that means nothing, or an open that cannot be: the call ends with the status of this error. */
    record Refused<C, R, M>(ErrnoException error) implements Inbound<C, R, M> {}
}
