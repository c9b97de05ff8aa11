package dev.crossdev.service.house;

import dev.crossdev.virtio.Features;

/**
 * The owner of a device, told of what happens to it beside the answers to commands. Called in order, from any thread,
 * under the lock that keeps that order: it must hand the word on and return.
 */
public interface SessionListener<E> {

    /** First of all. */
    void opened(Features features, byte[] config, long epoch);

    /** An event of the device's own protocol. */
    void event(E event);

    /** The whole configuration space as it is now. */
    void configChanged(byte[] config);

    /** The device was reset: no answer of an older epoch follows. */
    void reset(long epoch);

    /** The device is gone; nothing follows. */
    void unplugged(String reason);

    /** An injected fault says that the connection breaks now; it is for the owner to end the session. */
    void connectionDropped();
}
