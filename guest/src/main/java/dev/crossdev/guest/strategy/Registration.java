package dev.crossdev.guest.strategy;

import dev.crossdev.guest.timeline.WaitPlace;
import java.util.UUID;

/** What a strategy can do about one buffer's registration. */
public interface Registration {

    /** Sends RESOURCE_ASSIGN_UUID, the first time it is called. Never waits and never throws: a failure settles it. */
    void send();

    /**
     * Waits until the device has answered. An answer that is an error is an answer: it is for the importer to see.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException ENODEV when the device is gone, ETIMEDOUT, EINTR
     */
    void awaitAnswer(WaitPlace where);

    /**
     * Waits for the UUID, on behalf of the importer.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException ENODEV when there will be none, ETIMEDOUT, EINTR
     */
    UUID awaitUuid();

    /** The driver's field as it stands: sixteen zero bytes before the answer. */
    UUID fieldAsItStands();
}
