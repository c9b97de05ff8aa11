package dev.crossdev.service.console;

import dev.crossdev.service.registration.GuestNotes;
import dev.crossdev.service.registration.Registration;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A registration, for the page. Times are microseconds of this machine's CLOCK_MONOTONIC: a script's numbers would not hold
 * nanoseconds of a machine that has been up for a hundred days.
 *
 * @param resource unsigned
 * @param moments by name in small letters
 * @param report null until the guest has reported
 */
record RegistrationRow(
        long number,
        String guest,
        String device,
        long resource,
        String uuid,
        String result,
        Map<String, Long> moments,
        List<Seen> importers,
        @Nullable Report report) {

    /** An importer that attached. */
    record Seen(String importer, long at) {}

    /** What the guest said; durations in microseconds, -1 where there is none. */
    record Report(
            String strategy,
            long run,
            int buffer,
            boolean estimated,
            List<Wait> waits,
            long roundTrip,
            long blocked,
            long hidden) {}

    /** A caller's wait for the answer. */
    record Wait(String where, long start, long end) {}

    static RegistrationRow of(Registration view) {
        Map<String, Long> moments = new TreeMap<>();
        view.moments().forEach((moment, nanos) -> moments.put(moment.name().toLowerCase(Locale.ROOT), nanos / 1000));
        return new RegistrationRow(
                view.number(),
                view.device().guest(),
                view.device().device(),
                Integer.toUnsignedLong(view.resourceId()),
                view.uuid().map(Object::toString).orElse(""),
                view.result(),
                moments,
                view.importers().stream()
                        .map(seen -> new Seen(seen.importer(), seen.nanos() / 1000))
                        .toList(),
                view.report().map(RegistrationRow::report).orElse(null));
    }

    private static Report report(Registration.Report report) {
        GuestNotes notes = report.notes();
        return new Report(
                report.strategy(),
                report.run(),
                notes.buffer(),
                report.estimated(),
                notes.waits().stream()
                        .map(wait -> new Wait(wait.where(), wait.startNanos() / 1000, wait.endNanos() / 1000))
                        .toList(),
                micros(notes.roundTrip()),
                micros(Optional.of(notes.blocked())),
                micros(notes.hidden()));
    }

    private static long micros(Optional<Duration> duration) {
        return duration.map(each -> each.toNanos() / 1000).orElse(-1L);
    }
}
