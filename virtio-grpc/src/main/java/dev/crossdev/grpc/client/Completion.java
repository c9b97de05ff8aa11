package dev.crossdev.grpc.client;

import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.Times;

/**
 * An answer and when what happened, in {@link System#nanoTime()} of this process (CLOCK_MONOTONIC).
 *
 * @param sentNanos the command was handed in
 * @param receivedNanos the device took it; never before {@code sentNanos}
 * @param answeredNanos the device answered it; never before {@code receivedNanos}
 * @param handledNanos the answer was handled here; never before {@code answeredNanos}
 * @param sameClock whether the device's times were read from this machine's clock; otherwise they are an estimate, which
 *     keeps what the device took and puts it in the middle of the round trip
 */
public record Completion<R>(
        R response, long sentNanos, long receivedNanos, long answeredNanos, long handledNanos, boolean sameClock) {

    static <R> Completion<R> of(R response, long sent, Times times, long handled, BootId here) {
        long received = times.receivedNanos();
        long answered = times.answeredNanos();
        // Differences, not comparisons: nanoTime may be anything, and wrap.
        boolean ordered = received - sent >= 0 && answered - received >= 0 && handled - answered >= 0;
        if (times.bootId().isSameMachine(here) && ordered) {
            return new Completion<>(response, sent, received, answered, handled, true);
        }
        long roundTrip = handled - sent;
        long atDevice = Math.clamp(answered - received, 0, roundTrip);
        long estimate = sent + (roundTrip - atDevice) / 2;
        return new Completion<>(response, sent, estimate, estimate + atDevice, handled, false);
    }

    /** From handing the command in to handling its answer. */
    public long roundTripNanos() {
        return handledNanos - sentNanos;
    }
}
