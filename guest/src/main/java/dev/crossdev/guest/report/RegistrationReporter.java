package dev.crossdev.guest.report;

import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.guest.driver.ServiceLink;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.RegistrationEvent;
import dev.crossdev.proto.admin.v1.RegistrationMoment;
import dev.crossdev.proto.admin.v1.RegistrationNumbers;
import dev.crossdev.proto.admin.v1.RegistrationWait;
import dev.crossdev.proto.admin.v1.ReportRegistrationsRequest;
import dev.crossdev.proto.admin.v1.ReportedRegistration;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reports a run's registrations once it is over. Best effort: a report that is refused or takes too long is dropped, and the
 * run is none the worse for it.
 */
public final class RegistrationReporter {

    private static final System.Logger LOG = System.getLogger(RegistrationReporter.class.getName());

    /** A run may have at most as many buffers. */
    private static final long PATIENCE_MILLIS = 500;

    private final ServiceLink gpu;
    private final String guest;

    /** @param guest the tenant's name */
    public RegistrationReporter(ServiceLink gpu, String guest) {
        this.gpu = gpu;
        this.guest = guest;
    }

    /**
     * Reports what was registered; what was not is left out. Waits half a second at most.
     *
     * @param device the gpu device's name
     * @param buffers of the run
     */
    public void report(String device, RegistrationStrategy strategy, List<BufferTimeline> buffers) {
        ReportRegistrationsRequest request = request(device, strategy, buffers);
        if (request.getRegistrationsCount() == 0) {
            return;
        }
        try {
            var _ = DeviceAdminGrpc.newBlockingStub(gpu.channel())
                    .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                    .reportRegistrations(request);
        } catch (StatusRuntimeException e) {
            LOG.log(Level.DEBUG, "{0} takes no report: {1}", gpu.answers().service(), e.getStatus());
        }
    }

    ReportRegistrationsRequest request(String device, RegistrationStrategy strategy, List<BufferTimeline> buffers) {
        return ReportRegistrationsRequest.newBuilder()
                .setGuest(guest)
                .setDevice(device)
                .setBootId(BootId.local().bytes())
                .setStrategy(strategy.toString())
                .addAllRegistrations(buffers.stream()
                        .map(RegistrationReporter::reported)
                        .filter(each -> each.getEventsList().stream()
                                .anyMatch(event -> event.getMoment() == RegistrationMoment.REGISTRATION_MOMENT_SENT))
                        .toList())
                .build();
    }

    private static ReportedRegistration reported(BufferTimeline timeline) {
        BufferTimes times = timeline.times();
        long start = timeline.clock().start();
        ReportedRegistration.Builder message = ReportedRegistration.newBuilder()
                .setBuffer(timeline.buffer())
                .setResourceId(timeline.resourceId())
                .setNumbers(numbers(times));
        timeline.uuid().map(Uuids::toBareProto).ifPresent(message::setUuid);
        times.moments()
                .forEach((moment, nanos) -> message.addEvents(
                        RegistrationEvent.newBuilder().setMoment(moment(moment)).setNanos(start + nanos)));
        times.waits()
                .forEach(wait -> message.addWaits(RegistrationWait.newBuilder()
                        .setWhere(wait.where().text())
                        .setStartNanos(start + wait.interval().startNanos())
                        .setEndNanos(start + wait.interval().endNanos())));
        return message.build();
    }

    private static RegistrationNumbers numbers(BufferTimes times) {
        RegistrationNumbers.Builder numbers =
                RegistrationNumbers.newBuilder().setBlocked(ProtoTimes.toProto(Duration.ofNanos(times.blockedNanos())));
        times.roundTripNanos().ifPresent(nanos -> numbers.setRoundTrip(ProtoTimes.toProto(Duration.ofNanos(nanos))));
        times.hiddenNanos().ifPresent(nanos -> numbers.setHidden(ProtoTimes.toProto(Duration.ofNanos(nanos))));
        return numbers.build();
    }

    private static RegistrationMoment moment(Moment moment) {
        return switch (moment) {
            case ALLOCATED -> RegistrationMoment.REGISTRATION_MOMENT_ALLOCATED;
            case EXPORTED -> RegistrationMoment.REGISTRATION_MOMENT_EXPORTED;
            case REGISTRATION_SENT -> RegistrationMoment.REGISTRATION_MOMENT_SENT;
            case DEVICE_RECEIVED -> RegistrationMoment.REGISTRATION_MOMENT_DEVICE_RECEIVED;
            case DEVICE_ANSWERED -> RegistrationMoment.REGISTRATION_MOMENT_DEVICE_ANSWERED;
            case ANSWER_HANDLED -> RegistrationMoment.REGISTRATION_MOMENT_HANDLED;
            case GET_UUID_CALLED -> RegistrationMoment.REGISTRATION_MOMENT_GET_UUID_CALLED;
            case GET_UUID_RETURNED -> RegistrationMoment.REGISTRATION_MOMENT_GET_UUID_RETURNED;
            case IMPORTED -> RegistrationMoment.REGISTRATION_MOMENT_IMPORTED;
            case FIRST_FRAME -> RegistrationMoment.REGISTRATION_MOMENT_FIRST_FRAME;
        };
    }
}
