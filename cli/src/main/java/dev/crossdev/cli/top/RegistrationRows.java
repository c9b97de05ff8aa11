package dev.crossdev.cli.top;

import dev.crossdev.cli.admin.Columns;
import dev.crossdev.cli.report.Quantiles;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.ListRegistrationsResponse;
import dev.crossdev.proto.admin.v1.Registration;
import dev.crossdev.proto.admin.v1.RegistrationEvent;
import dev.crossdev.proto.admin.v1.RegistrationMoment;
import dev.crossdev.proto.admin.v1.RegistrationNumbers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The registrations of the last half minute, by strategy. */
final class RegistrationRows {

    static final Duration WINDOW = Duration.ofSeconds(30);

    /** The device knows no strategy; the guest tells it after its run, or never. */
    private static final String NOT_REPORTED = "(not reported)";

    private RegistrationRows() {}

    static List<String> of(ListRegistrationsResponse registrations) {
        Map<String, List<Registration>> byStrategy = registrations.getRegistrationsList().stream()
                .filter(registration -> registrations.getNowNanos() - settled(registration) <= WINDOW.toNanos())
                .collect(Collectors.groupingBy(
                        registration -> registration.hasReport()
                                ? registration.getReport().getStrategy()
                                : NOT_REPORTED,
                        TreeMap::new,
                        Collectors.toList()));
        Columns columns = new Columns(
                "STRATEGY", "COUNT", "FAILED", "ROUND TRIP p50", "p99", "DEVICE p50", "BLOCKED p50", "p99", "HIDDEN");
        byStrategy.forEach((strategy, rows) -> row(columns, strategy, rows));
        return byStrategy.isEmpty() ? List.of("none") : columns.lines();
    }

    private static void row(Columns columns, String strategy, List<Registration> rows) {
        List<RegistrationNumbers> numbers = rows.stream()
                .filter(Registration::hasReport)
                .map(row -> row.getReport().getNumbers())
                .toList();
        Quantiles roundTrip = quantiles(numbers, RegistrationNumbers::hasRoundTrip, RegistrationNumbers::getRoundTrip);
        Quantiles blocked = quantiles(numbers, RegistrationNumbers::hasBlocked, RegistrationNumbers::getBlocked);
        Quantiles hidden = quantiles(numbers, RegistrationNumbers::hasHidden, RegistrationNumbers::getHidden);
        Quantiles device = Quantiles.ofNanos(rows.stream()
                .map(RegistrationRows::device)
                .filter(OptionalLong::isPresent)
                .mapToLong(OptionalLong::getAsLong));
        long failed = rows.stream().filter(row -> !row.hasUuid()).count();
        columns.row(
                strategy,
                Integer.toString(rows.size()),
                Long.toString(failed),
                millis(roundTrip.p50()),
                millis(roundTrip.p99()),
                millis(device.p50()),
                millis(blocked.p50()),
                millis(blocked.p99()),
                roundTrip.sum() == 0
                        ? "-"
                        : String.format(Locale.ROOT, "%.0f%%", 100 * hidden.sum() / roundTrip.sum()));
    }

    private static Quantiles quantiles(
            List<RegistrationNumbers> numbers,
            Predicate<RegistrationNumbers> has,
            Function<RegistrationNumbers, com.google.protobuf.Duration> get) {
        return Quantiles.ofNanos(numbers.stream()
                .filter(has)
                .mapToLong(number -> ProtoTimes.fromProto(get.apply(number)).toNanos()));
    }

    private static OptionalLong device(Registration registration) {
        OptionalLong received = at(registration, RegistrationMoment.REGISTRATION_MOMENT_DEVICE_RECEIVED);
        OptionalLong answered = at(registration, RegistrationMoment.REGISTRATION_MOMENT_DEVICE_ANSWERED);
        return received.isPresent() && answered.isPresent()
                ? OptionalLong.of(answered.getAsLong() - received.getAsLong())
                : OptionalLong.empty();
    }

    /** The device's answer, where there is one: what comes later, the first frame for one, is not the registration's. */
    private static long settled(Registration registration) {
        return at(registration, RegistrationMoment.REGISTRATION_MOMENT_DEVICE_ANSWERED)
                .orElseGet(() -> nanos(registration).max().orElse(0));
    }

    private static OptionalLong at(Registration registration, RegistrationMoment moment) {
        return registration.getEventsList().stream()
                .filter(event -> event.getMoment() == moment)
                .mapToLong(RegistrationEvent::getNanos)
                .findFirst();
    }

    private static LongStream nanos(Registration registration) {
        return registration.getEventsList().stream().mapToLong(RegistrationEvent::getNanos);
    }

    private static String millis(@Nullable Double millis) {
        return millis == null ? "-" : String.format(Locale.ROOT, "%.2f ms", millis);
    }
}
