package dev.crossdev.service.house;

import dev.crossdev.virtio.capture.CommandOrigin;
import org.jspecify.annotations.Nullable;

/** Told of each command that a device answered, on the thread that delivered the answer. */
@FunctionalInterface
public interface CommandListener {

    /**
     * @param command the command's name
     * @param response the result's name
     * @param nanos from the door's reading the command until its answer was handed on, injected transit not included
     */
    void answered(String command, String response, long nanos);

    /**
     * A command is about to be given to a device.
     *
     * @param command its name
     * @return its place in a trace; null when it has none
     */
    default @Nullable CommandTrace taken(DeviceKey device, String command, CommandOrigin origin) {
        return null;
    }

    /** The answer meant that a picture went through the device; see {@link DeviceType#isFrame}. */
    default void framePassed() {}

    /**
     * The answer was about the registration of a UUID; see {@link DeviceType#registrationIn}.
     *
     * @param receivedNanos when the device took the command, CLOCK_MONOTONIC
     * @param answeredNanos when it answered
     */
    default void registered(DeviceKey device, RegistrationAnswer answer, long receivedNanos, long answeredNanos) {}
}
