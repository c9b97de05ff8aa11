package dev.crossdev.service.virtqueue;

/** Told how long a buffer was with the device, as its driver's machine sees it. On any thread; must not wait. */
@FunctionalInterface
public interface TurnaroundListener {

    /**
     * A buffer was given back and its driver called. Buffers of which the driver wanted no call are not told.
     *
     * @param command its name in the device's protocol
     * @param nanos from the door's hearing the kick to the call's signalled; for a buffer that the driver added without a
     *     kick while others were being taken, from the door's finding it
     */
    void turnedAround(String command, long nanos);
}
