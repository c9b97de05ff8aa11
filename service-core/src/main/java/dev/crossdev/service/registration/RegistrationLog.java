package dev.crossdev.service.registration;

import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.RegistrationAnswer;
import dev.crossdev.service.registration.Registration.DeviceTimes;
import dev.crossdev.service.registration.Registration.ImporterSeen;
import dev.crossdev.service.registration.Registration.Report;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The latest registrations; older ones are forgotten. Thread-safe, and nothing here waits or grows.
 *
 * <p>A guest's report is joined with what the device answered by the UUID, or without one by the resource, within one guest.
 * A report whose other half was never seen or is forgotten stands alone.
 */
public final class RegistrationLog {

    /** Registrations that are kept. */
    public static final int ROOM = 1024;

    private static final int MAX_IMPORTERS = 8;

    private final LongSupplier nanoTime;

    /** By number. The rest likewise only under the log's own monitor. */
    private final NavigableMap<Long, Registration> latest = new TreeMap<>();

    private final Map<UUID, Long> numbers = new HashMap<>();
    private long version;
    private long lastNumber;
    private long lastRun;

    public RegistrationLog() {
        this(System::nanoTime);
    }

    /** @param nanoTime CLOCK_MONOTONIC, for tests */
    RegistrationLog(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A device answered. A resource that is asked about again has been registered already. */
    public synchronized void answered(
            DeviceKey device, RegistrationAnswer answer, long receivedNanos, long answeredNanos) {
        if (answer.uuid().filter(numbers::containsKey).isPresent()) {
            return;
        }
        put(new Registration(
                ++lastNumber,
                ++version,
                device,
                answer.resourceId(),
                answer.uuid(),
                answer.result(),
                Optional.of(new DeviceTimes(receivedNanos, answeredNanos)),
                List.of(),
                Optional.empty()));
    }

    /**
     * An importer attaches to the object now.
     *
     * @param importer with its device where it has said so
     */
    public synchronized void attached(String guest, UUID uuid, String importer) {
        Registration there = find(guest, uuid);
        if (there == null || there.importers().size() >= MAX_IMPORTERS) {
            return;
        }
        put(there.with(new ImporterSeen(importer, nanoTime.getAsLong()), ++version));
    }

    /**
     * A guest reports the registrations of a run.
     *
     * @param sameClock whether the guest's clock is this machine's; otherwise its times are placed around the device's
     */
    public synchronized void reported(DeviceKey device, String strategy, boolean sameClock, List<GuestNotes> run) {
        if (run.isEmpty()) {
            return;
        }
        lastRun++;
        long shift = sameClock ? 0 : shift(device, run);
        for (GuestNotes each : run) {
            Registration there = match(device, each);
            Report report = new Report(strategy, lastRun, !sameClock, each.shifted(shift));
            put(
                    there == null
                            ? new Registration(
                                    ++lastNumber,
                                    ++version,
                                    device,
                                    each.resourceId(),
                                    each.uuid(),
                                    "",
                                    Optional.empty(),
                                    List.of(),
                                    Optional.of(report))
                            : there.with(report, ++version));
        }
    }

    /** Those of a guest, or of all, oldest first. */
    public synchronized List<Registration> list(Optional<String> guest) {
        return latest.values().stream()
                .filter(each ->
                        guest.isEmpty() || guest.get().equals(each.device().guest()))
                .toList();
    }

    /** Those that came or changed after a version, oldest first; all for 0. */
    public synchronized List<Registration> changedSince(long seen) {
        return latest.values().stream().filter(each -> each.version() > seen).toList();
    }

    /** Grows with every change. */
    public synchronized long version() {
        return version;
    }

    private void put(Registration registration) {
        latest.put(registration.number(), registration);
        registration.uuid().ifPresent(uuid -> numbers.putIfAbsent(uuid, registration.number()));
        Iterator<Registration> oldest = latest.values().iterator();
        while (latest.size() > ROOM) {
            Registration forgotten = oldest.next();
            oldest.remove();
            forgotten.uuid().ifPresent(uuid -> numbers.remove(uuid, forgotten.number()));
        }
    }

    private @Nullable Registration find(String guest, UUID uuid) {
        Long number = numbers.get(uuid);
        Registration there = number == null ? null : latest.get(number);
        return there != null && there.device().guest().equals(guest) ? there : null;
    }

    private @Nullable Registration match(DeviceKey device, GuestNotes notes) {
        if (notes.uuid().isPresent()) {
            return find(device.guest(), notes.uuid().get());
        }
        return latest.descendingMap().values().stream()
                .filter(each -> each.device().equals(device)
                        && each.resourceId() == notes.resourceId()
                        && each.uuid().isEmpty()
                        && each.report().isEmpty())
                .findFirst()
                .orElse(null);
    }

    /**
     * From the guest's clock to ours: the registration that leaves the least room tells it best. Without any the report is
     * taken to be as new as it can be.
     */
    private long shift(DeviceKey device, List<GuestNotes> run) {
        record Bound(long shift, long room) {}
        return run.stream()
                .flatMap(notes -> {
                    Registration there = match(device, notes);
                    if (there == null
                            || there.deviceTimes().isEmpty()
                            || notes.at(Moment.SENT).isEmpty()
                            || notes.at(Moment.HANDLED).isEmpty()) {
                        return Stream.empty();
                    }
                    DeviceTimes ours = there.deviceTimes().get();
                    long sent = notes.at(Moment.SENT).getAsLong();
                    long handled = notes.at(Moment.HANDLED).getAsLong();
                    long room = handled - sent - (ours.answeredNanos() - ours.receivedNanos());
                    return Stream.of(new Bound(ours.receivedNanos() - (sent + room / 2), room));
                })
                .min(Comparator.comparingLong(Bound::room))
                .map(Bound::shift)
                .orElseGet(() -> nanoTime.getAsLong()
                        - run.stream()
                                .flatMap(notes -> notes.moments().values().stream())
                                .mapToLong(Long::longValue)
                                .max()
                                .orElse(0));
    }
}
