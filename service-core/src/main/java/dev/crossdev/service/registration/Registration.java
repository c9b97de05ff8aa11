package dev.crossdev.service.registration;

import dev.crossdev.service.house.DeviceKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One buffer's registration, as far as it is known here. Times are nanoseconds of CLOCK_MONOTONIC of this machine.
 *
 * @param number counts up from 1
 * @param version of the whole log when this changed last
 * @param resourceId unsigned
 * @param uuid empty when there is none
 * @param result the name of the device's result; empty when the device's answer was not seen here
 * @param deviceTimes when the device took and answered the command; empty when the device's answer was not seen here
 * @param importers who attached to the object, the first few
 * @param report empty until the guest has reported, which not every guest does
 */
public record Registration(
        long number,
        long version,
        DeviceKey device,
        int resourceId,
        Optional<UUID> uuid,
        String result,
        Optional<DeviceTimes> deviceTimes,
        List<ImporterSeen> importers,
        Optional<Report> report) {

    /** When the device took the command and when it answered. */
    public record DeviceTimes(long receivedNanos, long answeredNanos) {}

    /**
     * An importer that attached.
     *
     * @param importer with its device where it has said so
     */
    public record ImporterSeen(String importer, long nanos) {}

    /**
     * The guest's side.
     *
     * @param strategy for people
     * @param run counts up with each report
     * @param estimated whether the guest's clock is another machine's, so that its times were placed around the device's
     */
    public record Report(String strategy, long run, boolean estimated, GuestNotes notes) {}

    /** With one more importer, as of a later version of the log. */
    Registration with(ImporterSeen importer, long later) {
        List<ImporterSeen> more = new ArrayList<>(importers);
        more.add(importer);
        return new Registration(
                number, later, device, resourceId, uuid, result, deviceTimes, List.copyOf(more), report);
    }

    /** With the guest's side, as of a later version of the log. */
    Registration with(Report guests, long later) {
        return new Registration(
                number, later, device, resourceId, uuid, result, deviceTimes, importers, Optional.of(guests));
    }

    /** All moments: the device's own where they are known, the guest's for the rest. */
    public Map<Moment, Long> moments() {
        Map<Moment, Long> moments = new EnumMap<>(Moment.class);
        report.ifPresent(guests -> moments.putAll(guests.notes().moments()));
        deviceTimes.ifPresent(device -> {
            moments.put(Moment.DEVICE_RECEIVED, device.receivedNanos());
            moments.put(Moment.DEVICE_ANSWERED, device.answeredNanos());
        });
        return moments;
    }
}
