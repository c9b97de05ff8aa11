package dev.crossdev.cli.report;

import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.Moment;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One buffer's times, in microseconds from the run's start; null for what did not happen. The names are those of {@link
 * Moment}.
 *
 * @param estimated whether the device's times were placed between sent and handled because its clock is another one
 * @param waits when someone waited for this buffer's answer, and in which call
 */
public record TimelineEntry(
        int buffer,
        @Nullable Double allocated,
        @Nullable Double exported,
        @Nullable Double registrationSent,
        @Nullable Double deviceReceived,
        @Nullable Double deviceAnswered,
        @Nullable Double answerHandled,
        @Nullable Double getUuidCalled,
        @Nullable Double getUuidReturned,
        @Nullable Double imported,
        @Nullable Double firstFrame,
        boolean estimated,
        List<WaitEntry> waits) {

    /**
     * A wait.
     *
     * @param where {@code allocation}, {@code export} or {@code get_uuid}
     * @param start microseconds from the run's start
     * @param end microseconds from the run's start
     */
    public record WaitEntry(String where, double start, double end) {}

    /** Copies its list. */
    public TimelineEntry {
        waits = List.copyOf(waits);
    }

    static TimelineEntry of(BufferTimes times) {
        return new TimelineEntry(
                times.buffer(),
                micros(times, Moment.ALLOCATED),
                micros(times, Moment.EXPORTED),
                micros(times, Moment.REGISTRATION_SENT),
                micros(times, Moment.DEVICE_RECEIVED),
                micros(times, Moment.DEVICE_ANSWERED),
                micros(times, Moment.ANSWER_HANDLED),
                micros(times, Moment.GET_UUID_CALLED),
                micros(times, Moment.GET_UUID_RETURNED),
                micros(times, Moment.IMPORTED),
                micros(times, Moment.FIRST_FRAME),
                times.deviceTimesEstimated(),
                times.waits().stream()
                        .map(wait -> new WaitEntry(
                                wait.where().text(),
                                Rounded.micros(wait.interval().startNanos()),
                                Rounded.micros(wait.interval().endNanos())))
                        .toList());
    }

    /** Whether the importer read the field before the answer was in it. */
    boolean readTooEarly() {
        return getUuidCalled != null && (answerHandled == null || getUuidCalled < answerHandled);
    }

    private static @Nullable Double micros(BufferTimes times, Moment moment) {
        OptionalLong nanos = times.at(moment);
        return nanos.isEmpty() ? null : Rounded.micros(nanos.getAsLong());
    }
}
