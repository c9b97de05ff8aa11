package dev.crossdev.service.house;

import org.jspecify.annotations.Nullable;

/** One command's place in a distributed trace. Its methods are called in this order, from whatever threads do the work. */
public interface CommandTrace {

    /**
     * The device takes the command on this thread.
     *
     * @param receivedNanos when it came to the device; {@link System#nanoTime()}
     * @param take gives it to the device, within the trace
     */
    void atDevice(long receivedNanos, Runnable take);

    /**
     * The answer was handed on.
     *
     * @param result its name
     * @param registration what it says about the registration of a UUID; null when it says nothing
     * @param answeredNanos when the device gave it; {@link System#nanoTime()}
     * @param recording measures it, within the trace
     */
    void answered(String result, @Nullable RegistrationAnswer registration, long answeredNanos, Runnable recording);
}
