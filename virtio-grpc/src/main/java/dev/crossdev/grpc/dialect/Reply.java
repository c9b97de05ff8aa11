package dev.crossdev.grpc.dialect;

import dev.crossdev.virtio.capture.RawBuffer;
import java.util.Optional;

/**
 * How the answer to one command is said to the one who sent it. Holds what that takes (the sequence, the size of the
 * driver's buffer); may be called by any thread.
 *
 * @param <R> the device's answer
 * @param <M> the stream's message
 */
@FunctionalInterface
public interface Reply<R, M> {
    M message(R response, Times times);

    /** The buffer that the command lay in; empty when it came as a message. */
    default Optional<RawBuffer> buffer() {
        return Optional.empty();
    }
}
