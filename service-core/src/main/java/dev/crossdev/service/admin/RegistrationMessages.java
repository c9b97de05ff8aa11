package dev.crossdev.service.admin;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.admin.v1.GuestReport;
import dev.crossdev.proto.admin.v1.Registration;
import dev.crossdev.proto.admin.v1.RegistrationEvent;
import dev.crossdev.proto.admin.v1.RegistrationImporter;
import dev.crossdev.proto.admin.v1.RegistrationMoment;
import dev.crossdev.proto.admin.v1.RegistrationNumbers;
import dev.crossdev.proto.admin.v1.RegistrationWait;
import dev.crossdev.proto.admin.v1.ReportRegistrationsRequest;
import dev.crossdev.proto.admin.v1.ReportedRegistration;
import dev.crossdev.service.registration.GuestNotes;
import dev.crossdev.service.registration.Moment;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** Registrations as messages. */
final class RegistrationMessages {

    private static final String PREFIX = "REGISTRATION_MOMENT_";
    private static final int MAX_REPORTED = 1000;
    private static final int MAX_WAITS = 64;

    /** Strategies and the places where they wait: words, which are shown as they are. */
    private static final Pattern WORD = Pattern.compile("[a-z0-9][a-z0-9_-]{0,31}");

    private RegistrationMessages() {}

    /** @throws ErrnoException EINVAL for what a guest cannot mean */
    static List<GuestNotes> notes(ReportRegistrationsRequest request) {
        if (request.getRegistrationsCount() > MAX_REPORTED) {
            throw new ErrnoException(Errno.EINVAL, "more than " + MAX_REPORTED + " registrations in one report");
        }
        return request.getRegistrationsList().stream()
                .map(RegistrationMessages::notes)
                .toList();
    }

    /** @throws ErrnoException EINVAL unless it is a word */
    static String word(String what, String text) {
        if (!WORD.matcher(text).matches()) {
            throw new ErrnoException(Errno.EINVAL, "a " + what + " is 1 to 32 of a-z 0-9 - _");
        }
        return text;
    }

    static Registration registration(dev.crossdev.service.registration.Registration view) {
        Registration.Builder message = Registration.newBuilder()
                .setNumber(view.number())
                .setGuest(view.device().guest())
                .setDevice(view.device().device())
                .setResourceId(view.resourceId())
                .setResult(view.result());
        view.uuid().map(Uuids::toProto).ifPresent(message::setUuid);
        view.moments()
                .forEach((moment, nanos) -> message.addEvents(RegistrationEvent.newBuilder()
                        .setMoment(RegistrationMoment.valueOf(PREFIX + moment.name()))
                        .setNanos(nanos)));
        view.importers()
                .forEach(seen -> message.addImporters(RegistrationImporter.newBuilder()
                        .setImporter(seen.importer())
                        .setNanos(seen.nanos())));
        view.report().map(RegistrationMessages::report).ifPresent(message::setReport);
        return message.build();
    }

    private static GuestReport report(dev.crossdev.service.registration.Registration.Report report) {
        GuestNotes notes = report.notes();
        RegistrationNumbers.Builder numbers =
                RegistrationNumbers.newBuilder().setBlocked(ProtoTimes.toProto(notes.blocked()));
        notes.roundTrip().map(ProtoTimes::toProto).ifPresent(numbers::setRoundTrip);
        notes.hidden().map(ProtoTimes::toProto).ifPresent(numbers::setHidden);
        GuestReport.Builder message = GuestReport.newBuilder()
                .setStrategy(report.strategy())
                .setRun(report.run())
                .setBuffer(notes.buffer())
                .setNumbers(numbers)
                .setEstimated(report.estimated());
        notes.waits()
                .forEach(wait -> message.addWaits(RegistrationWait.newBuilder()
                        .setWhere(wait.where())
                        .setStartNanos(wait.startNanos())
                        .setEndNanos(wait.endNanos())));
        return message.build();
    }

    private static GuestNotes notes(ReportedRegistration reported) {
        if (reported.getWaitsCount() > MAX_WAITS) {
            throw new ErrnoException(Errno.EINVAL, "more than " + MAX_WAITS + " waits for one answer");
        }
        Map<Moment, Long> moments = new EnumMap<>(Moment.class);
        for (RegistrationEvent event : reported.getEventsList()) {
            if (moments.putIfAbsent(moment(event.getMoment()), event.getNanos()) != null) {
                throw new ErrnoException(Errno.EINVAL, event.getMoment() + " is there twice");
            }
        }
        List<GuestNotes.Wait> waits = reported.getWaitsList().stream()
                .map(wait -> {
                    if (wait.getEndNanos() < wait.getStartNanos()) {
                        throw new ErrnoException(Errno.EINVAL, "a wait that ends before it starts");
                    }
                    return new GuestNotes.Wait(
                            word("place", wait.getWhere()), wait.getStartNanos(), wait.getEndNanos());
                })
                .toList();
        RegistrationNumbers numbers = reported.getNumbers();
        Optional<UUID> uuid = reported.hasUuid() ? Optional.of(Uuids.fromProto(reported.getUuid())) : Optional.empty();
        return new GuestNotes(
                reported.getBuffer(),
                reported.getResourceId(),
                uuid,
                moments,
                waits,
                numbers.hasRoundTrip() ? Optional.of(ProtoTimes.fromProto(numbers.getRoundTrip())) : Optional.empty(),
                ProtoTimes.fromProto(numbers.getBlocked()),
                numbers.hasHidden() ? Optional.of(ProtoTimes.fromProto(numbers.getHidden())) : Optional.empty());
    }

    private static Moment moment(RegistrationMoment moment) {
        return switch (moment) {
            case REGISTRATION_MOMENT_UNSPECIFIED, UNRECOGNIZED ->
                throw new ErrnoException(Errno.EINVAL, "a moment that this service does not know");
            default -> Moment.valueOf(moment.name().substring(PREFIX.length()));
        };
    }
}
