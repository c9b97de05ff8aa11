package dev.crossdev.service.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.service.ServiceIdentity;
import dev.crossdev.service.console.DeviceRow.Injected;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.service.life.ServedPorts;
import dev.crossdev.service.registration.RegistrationLog;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.Inspectable.ActiveScanout;
import dev.crossdev.virtio.Inspectable.StreamView;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Looks at everything that the console shows and writes it down as JSON. */
@Singleton
final class ConsoleState {

    /** Buffers that are told of, the oldest first: whoever hunts a leak looks for those. */
    static final int MAX_BUFFERS = 500;

    private final DeviceHouse<?, ?, ?> house;
    private final RegistrationLog registrations;
    private final ServiceIdentity identity;
    private final ServedPorts ports;
    private final ObjectMapper json;

    private record Service(String name, String type, String version, String instance, int managementPort) {}

    private record Devices(List<DeviceRow> devices, Injected toCome) {}

    private record Buffers(int total, long bytes, List<BufferRow> buffers) {}

    private record Shown(String guest, String device, ActiveScanout scanout) {}

    private record Streaming(String guest, String device, StreamView stream) {}

    private record Clock(long wall, long monotonic) {}

    ConsoleState(
            DeviceHouse<?, ?, ?> house,
            RegistrationLog registrations,
            ServiceIdentity identity,
            ServedPorts ports,
            ObjectMapper json) {
        this.house = house;
        this.registrations = registrations;
        this.identity = identity;
        this.ports = ports;
        this.json = json;
    }

    /** All sections as they are now, each one JSON text without line breaks. */
    Map<Section, byte[]> sections() {
        Map<Section, byte[]> sections = new EnumMap<>(Section.class);
        sections.put(
                Section.SERVICE,
                write(new Service(
                        identity.name(),
                        house.type().name(),
                        identity.version(),
                        identity.instance(),
                        ports.management())));
        List<DeviceView> devices = house.inventory().list(Optional.empty());
        sections.put(
                Section.DEVICES,
                write(new Devices(devices.stream().map(DeviceRow::of).toList(), Injected.toCome(house.knobs()))));
        sections.put(Section.BUFFERS, write(buffers()));
        sections.put(
                Section.SCANOUTS,
                write(inspected(devices)
                        .flatMap(each -> each.inspection().activeScanouts().stream()
                                .map(scanout ->
                                        new Shown(each.key().guest(), each.key().device(), scanout)))
                        .toList()));
        sections.put(
                Section.STREAMS,
                write(inspected(devices)
                        .flatMap(each -> each.inspection().openStreams().stream()
                                .map(stream -> new Streaming(
                                        each.key().guest(), each.key().device(), stream)))
                        .toList()));
        return sections;
    }

    /** The registrations that came or changed after a version of their log. */
    byte[] registrationsSince(long version) {
        return write(registrations.changedSince(version).stream()
                .map(RegistrationRow::of)
                .toList());
    }

    /** The version of the log of registrations. */
    long registrationsVersion() {
        return registrations.version();
    }

    /** What time it is here, in milliseconds of the epoch and microseconds of CLOCK_MONOTONIC. */
    byte[] clock() {
        return write(new Clock(System.currentTimeMillis(), System.nanoTime() / 1000));
    }

    private Buffers buffers() {
        List<DeviceView.Held> all = house.inventory().buffers(Optional.empty());
        return new Buffers(
                all.size(),
                all.stream().mapToLong(held -> held.buffer().size()).sum(),
                all.stream()
                        .sorted(Comparator.comparing(held -> held.buffer().createdAt()))
                        .limit(MAX_BUFFERS)
                        .map(BufferRow::of)
                        .toList());
    }

    private record Inspected(DeviceKey key, Inspectable inspection) {}

    private Stream<Inspected> inspected(List<DeviceView> devices) {
        return devices.stream()
                .flatMap(view -> house
                        .inventory()
                        .inspectIfThere(view.key())
                        .map(inspection -> new Inspected(view.key(), inspection))
                        .stream());
    }

    private byte[] write(Object value) {
        try {
            return json.writeValueAsString(value).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record that Jackson cannot write", e);
        }
    }
}
