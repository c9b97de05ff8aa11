package dev.crossdev.service.registration;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * What a guest noted of one buffer's registration. Times are nanoseconds of CLOCK_MONOTONIC, of the guest's machine as it was
 * reported and of this one once it is in the log.
 *
 * @param buffer its number within its run
 * @param resourceId unsigned
 * @param uuid empty when there was none
 * @param moments what never happened is absent
 * @param waits every time a caller waited for the answer
 * @param roundTrip as the guest measured it; empty without an answer
 * @param blocked as the guest measured it
 * @param hidden as the guest measured it; empty without an answer
 */
public record GuestNotes(
        int buffer,
        int resourceId,
        Optional<UUID> uuid,
        Map<Moment, Long> moments,
        List<Wait> waits,
        Optional<Duration> roundTrip,
        Duration blocked,
        Optional<Duration> hidden) {

    /**
     * A caller's wait.
     *
     * @param where in which call
     */
    public record Wait(String where, long startNanos, long endNanos) {}

    public GuestNotes {
        moments = Map.copyOf(moments);
        waits = List.copyOf(waits);
    }

    OptionalLong at(Moment moment) {
        Long nanos = moments.get(moment);
        return nanos == null ? OptionalLong.empty() : OptionalLong.of(nanos);
    }

    /** The same on a clock that is ahead by so much. */
    GuestNotes shifted(long nanos) {
        if (nanos == 0) {
            return this;
        }
        Map<Moment, Long> moved = new EnumMap<>(Moment.class);
        moments.forEach((moment, at) -> moved.put(moment, at + nanos));
        return new GuestNotes(
                buffer,
                resourceId,
                uuid,
                moved,
                waits.stream()
                        .map(wait -> new Wait(wait.where(), wait.startNanos() + nanos, wait.endNanos() + nanos))
                        .toList(),
                roundTrip,
                blocked,
                hidden);
    }
}
