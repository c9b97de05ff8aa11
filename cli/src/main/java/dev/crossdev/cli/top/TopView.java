package dev.crossdev.cli.top;

import dev.crossdev.cli.admin.Columns;
import dev.crossdev.cli.admin.DeviceText;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.cli.admin.ListingTable;
import dev.crossdev.cli.top.TopSample.OfService;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.virtio.capture.DeviceKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Two samples as lines of text: what is, and how fast it changes. */
final class TopView {

    /** Commands of a device that are named, the busiest first. */
    private static final int BUSIEST = 3;

    /** Without the sample before there are no rates yet. */
    private final @Nullable TopSample before;

    private final TopSample now;
    private final Map<String, Device> known = new HashMap<>();

    private TopView(@Nullable TopSample before, TopSample now) {
        this.before = before;
        this.now = now;
        if (before != null) {
            devices(before).forEach(device -> known.put(key(device), device));
        }
    }

    /**
     * Lines without line breaks.
     *
     * @param height at most so many; the devices that do not fit are counted
     */
    static List<String> of(@Nullable TopSample before, TopSample now, int height) {
        return new TopView(before, now).lines(height);
    }

    private List<String> lines(int height) {
        List<String> lines = new ArrayList<>();
        for (DeviceKind kind : DeviceKind.values()) {
            OfService service = now.services().get(kind);
            RuntimeException missing = now.missing().get(kind);
            if (service != null) {
                lines.add(totals(kind, service));
            } else if (missing != null) {
                lines.add(name(kind) + "  " + missing.getMessage());
            }
        }
        OfService gpu = now.services().get(DeviceKind.GPU);
        if (gpu != null && gpu.registrations() != null) {
            lines.add("");
            lines.add("Registrations of the last " + RegistrationRows.WINDOW.toSeconds() + " s");
            lines.addAll(RegistrationRows.of(gpu.registrations()));
        }
        lines.addAll(troubled());
        lines.add("");
        List<String> devices = deviceTable();
        int room = Math.max(2, height - lines.size());
        if (devices.size() > room) {
            lines.addAll(devices.subList(0, room - 1));
            lines.add("… and " + (devices.size() - room + 1) + " more");
        } else {
            lines.addAll(devices);
        }
        return lines;
    }

    private String totals(DeviceKind kind, OfService service) {
        long violations = service.devices().stream()
                .flatMap(device -> device.getViolationsMap().values().stream())
                .mapToLong(Long::longValue)
                .sum();
        long connected = service.devices().stream().filter(Device::getConnected).count();
        return "%-13s  %d devices (%d with a stream), %s commands/s, %d buffers (%s), %d violations"
                .formatted(
                        name(kind),
                        service.devices().size(),
                        connected,
                        rate(service.devices().stream()
                                .mapToLong(this::answered)
                                .sum()),
                        service.buffers(),
                        Columns.bytes(service.bytes()),
                        violations);
    }

    private List<String> troubled() {
        List<Held> troubled = now.services().values().stream()
                .flatMap(service -> service.troubled().stream())
                .toList();
        if (troubled.isEmpty()) {
            return List.of();
        }
        Columns columns = new Columns("BUFFER", "STATE", "WAITERS", "AGE", "CAUSE");
        troubled.forEach(held -> {
            Buffer buffer = held.buffer();
            columns.row(
                    buffer.getGuest() + "/" + buffer.getDevice() + "/"
                            + Integer.toUnsignedString(buffer.getResourceId()),
                    buffer.getState(),
                    Integer.toUnsignedString(buffer.getRegistration().getWaiters()),
                    ListingTable.age(held.age()),
                    Columns.orDash(buffer.getRegistration().getCause()));
        });
        List<String> lines = new ArrayList<>(List.of("", "Buffers that are waited for or have failed"));
        lines.addAll(columns.lines());
        return lines;
    }

    private List<String> deviceTable() {
        Columns columns = new Columns(
                "DEVICE", "TYPE", "OWNER", "COMMANDS/S", "RESOURCES", "BYTES", "BUSIEST", "SLOW OR FAULTY ON PURPOSE");
        devices(now)
                .sorted(Comparator.comparingLong(this::answered).reversed().thenComparing(TopView::key))
                .forEach(device -> columns.row(
                        DeviceText.name(device),
                        device.getType(),
                        DeviceText.owner(device),
                        rate(answered(device)),
                        Integer.toUnsignedString(device.getResources()),
                        Columns.bytes(device.getResourceBytes()),
                        Columns.orDash(busiest(device)),
                        Columns.orDash(DeviceText.active(device))));
        return columns.lines();
    }

    private String busiest(Device device) {
        Map<String, Long> counts = known(device).getCommandsMap();
        return before == null
                ? ""
                : device.getCommandsMap().entrySet().stream()
                        .map(entry ->
                                Map.entry(entry.getKey(), entry.getValue() - counts.getOrDefault(entry.getKey(), 0L)))
                        .filter(entry -> entry.getValue() > 0)
                        .sorted(Map.Entry.<String, Long>comparingByValue()
                                .reversed()
                                .thenComparing(Map.Entry.comparingByKey()))
                        .limit(BUSIEST)
                        .map(entry -> entry.getKey() + " " + rate(entry.getValue()))
                        .collect(Collectors.joining(", "));
    }

    /** Since the sample before; all of them of a device that has come since. */
    private long answered(Device device) {
        return DeviceText.commands(device) - DeviceText.commands(known(device));
    }

    private Device known(Device device) {
        Device then = known.get(key(device));
        // Another device may have the name by now.
        return then != null && then.getCreatedAt().equals(device.getCreatedAt()) ? then : Device.getDefaultInstance();
    }

    private String rate(long count) {
        if (before == null) {
            return "-";
        }
        return String.format(Locale.ROOT, "%.1f", count * 1e9 / Math.max(1, now.nanos() - before.nanos()));
    }

    private static Stream<Device> devices(TopSample sample) {
        return sample.services().values().stream().flatMap(service -> service.devices().stream());
    }

    private static String key(Device device) {
        return device.getType() + " " + DeviceText.name(device);
    }

    private static String name(DeviceKind kind) {
        return kind.typeName() + "-service";
    }
}
