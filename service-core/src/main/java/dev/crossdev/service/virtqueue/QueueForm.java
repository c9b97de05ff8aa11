package dev.crossdev.service.virtqueue;

import java.lang.foreign.MemorySegment;

/**
 * How a device type's commands and answers lie in the buffers of its virtqueues.
 *
 * @param <C> command
 * @param <R> answer
 */
public interface QueueForm<C, R> {

    /** How many virtqueues a device of this type has. */
    int queues();

    /**
     * What the driver asks. Bytes that are no command become one that the device answers with its protocol's error.
     *
     * @param queue index, below {@link #queues}
     * @param readable the device's own copy; not kept
     */
    C decode(int queue, MemorySegment readable);

    /**
     * The answer's bytes, as many as there is room for.
     *
     * @param writable bytes, not negative
     */
    byte[] encode(R answer, long writable);
}
