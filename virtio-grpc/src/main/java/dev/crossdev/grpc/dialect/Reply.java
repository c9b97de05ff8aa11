package dev.crossdev.grpc.dialect;

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
}
