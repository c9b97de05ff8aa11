package dev.crossdev.grpc.client;

import dev.crossdev.dmabuf.error.ErrnoException;

/**
 * Takes the end of one command. Exactly one of the methods is called, once, on the thread of the stream (its event loop)
 * and in the order in which the answers come; it must not wait.
 */
public interface CompletionHandler<R> {

    void completed(Completion<R> completion);

    /** There will be no answer: DeviceGoneException, or EPROTO for an answer that made no sense. */
    void failed(ErrnoException error);
}
