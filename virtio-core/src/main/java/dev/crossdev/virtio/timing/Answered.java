package dev.crossdev.virtio.timing;

/**
 * A device's answer and when the device itself took the command and gave the answer, in {@link System#nanoTime()} of the
 * device's process (CLOCK_MONOTONIC). Transit lies outside this interval, queueing and service time inside.
 */
public record Answered<R>(R response, long receivedNanos, long answeredNanos) {

    /** Nanoseconds that the command spent at the device: what the {@code virtio.command} meter records. */
    public long atDeviceNanos() {
        return answeredNanos - receivedNanos;
    }
}
