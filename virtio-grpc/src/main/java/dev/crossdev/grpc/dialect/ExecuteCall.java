package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.Optional;

/**
 * One {@code Execute}.
 *
 * @param lease how long the device lives after it; empty means what the service gives
 * @param <C> command
 * @param <R> the device's answer
 * @param <A> the message that goes back
 */
public record ExecuteCall<C, R, A>(
        String guest, String device, Optional<Duration> lease, Operation<C, R, A> operation) {

    /** What to do. */
    public sealed interface Operation<C, R, A> {

        /** For the device. */
        record Command<C, R, A>(C command, Reply<R, A> reply) implements Operation<C, R, A> {}

        /**
         * A command that the device cannot be told of.
         *
         * @param answer the protocol's error
         * @param reason for the log
         */
        record BadCommand<C, R, A>(R answer, Reply<R, A> reply, String reason) implements Operation<C, R, A> {}

        /** Writes the device's window of guest memory. */
        record MemoryWrite<C, R, A>(long address, ByteString data) implements Operation<C, R, A> {}

        /**
         * Reads the device's window of guest memory.
         *
         * @param length in bytes, at most {@link ExecuteDialect#MAX_READ}
         */
        record MemoryRead<C, R, A>(long address, int length) implements Operation<C, R, A> {}
    }
}
