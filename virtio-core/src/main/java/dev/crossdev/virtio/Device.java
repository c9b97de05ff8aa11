package dev.crossdev.virtio;

import java.util.function.Consumer;

/**
 * One virtio device, seen from the transport that carries its command streams.
 *
 * <p>A transport (a door, a virtqueue) hands in commands in the order in which they lie in the queue, one call at a
 * time per queue, and never hands in a command while {@link #reset()} or {@link #close()} runs.
 *
 * @param <C> command with whatever header the device type has
 * @param <R> answer, likewise
 */
public interface Device<C, R> extends AutoCloseable {

    /**
     * Takes the next command. Returns without waiting for anything outside the device.
     *
     * <p>{@code done} is called exactly once, from whatever thread finishes the command (possibly inside this call),
     * and never while the device holds a lock. The one exception is a reset: a command that was pending then is
     * dropped, and its {@code done} is never called; the driver ends it on its own side with ENODEV.
     *
     * <p>A bad command is an answer with an error code, not an exception.
     */
    void submit(C command, Consumer<? super R> done);

    /** A copy of the configuration space as it is now, in wire order (little-endian fields). */
    byte[] config();

    /**
     * A driver's write to the configuration space. Writes to read-only or absent fields are ignored, as on a real bus.
     *
     * @param offset of the first byte, in bytes from the start of the configuration space
     */
    void writeConfig(int offset, byte[] bytes);

    /**
     * Back to the state after creation: no resources, nothing pending. Once this returns no completion of an older
     * command follows.
     */
    void reset();

    /** Unplugs: like {@link #reset()}, and nothing is taken afterwards. Closing twice does nothing. */
    @Override
    void close();
}
