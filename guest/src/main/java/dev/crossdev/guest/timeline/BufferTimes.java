package dev.crossdev.guest.timeline;

import dev.crossdev.guest.timeline.Intervals.Interval;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What was noted of one buffer.
 *
 * @param buffer its number within the run, from 0
 * @param moments nanoseconds from the run's start; what never happened is absent
 * @param registered whether the answer was a UUID
 * @param deviceTimesEstimated whether the device's clock is not this machine's, so that its times were placed between
 *     sent and handled
 * @param waits every time a caller waited for the answer
 */
public record BufferTimes(
        int buffer, Map<Moment, Long> moments, boolean registered, boolean deviceTimesEstimated, List<Wait> waits) {

    /**
     * A caller's wait for an answer.
     *
     * @param where in which call
     * @param interval nanoseconds from the run's start
     */
    public record Wait(WaitPlace where, Interval interval) {}

    /** Copies its collections. */
    public BufferTimes {
        moments = Map.copyOf(moments);
        waits = List.copyOf(waits);
    }

    /** Nanoseconds from the run's start. */
    public OptionalLong at(Moment moment) {
        Long nanos = moments.get(moment);
        return nanos == null ? OptionalLong.empty() : OptionalLong.of(nanos);
    }

    /** Whether {@code first} happened, and {@code second} later than that or never. */
    public boolean inOrder(Moment first, Moment second) {
        Long earlier = moments.get(first);
        Long later = moments.get(second);
        return earlier != null && (later == null || earlier < later);
    }

    /** Registration sent → answer handled, in nanoseconds; empty while either is missing. */
    public OptionalLong roundTripNanos() {
        Long sent = moments.get(Moment.REGISTRATION_SENT);
        Long handled = moments.get(Moment.ANSWER_HANDLED);
        return sent == null || handled == null ? OptionalLong.empty() : OptionalLong.of(handled - sent);
    }

    /** Nanoseconds in which anyone waited for the answer, wherever. */
    public long blockedNanos() {
        return Intervals.unionLength(waits.stream().map(Wait::interval).toList());
    }

    /** As {@link #blockedNanos()}, in one place only. */
    public long blockedNanos(WaitPlace where) {
        return Intervals.unionLength(waits.stream()
                .filter(wait -> wait.where() == where)
                .map(Wait::interval)
                .toList());
    }

    /**
     * Round trip minus blocked, in nanoseconds. Waking up the waiter counts as blocked and comes after the answer was
     * handled, so the difference can fall below 0; the number does not.
     */
    public OptionalLong hiddenNanos() {
        OptionalLong roundTrip = roundTripNanos();
        return roundTrip.isEmpty() ? roundTrip : OptionalLong.of(Math.max(0, roundTrip.getAsLong() - blockedNanos()));
    }
}
