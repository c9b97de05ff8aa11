package dev.crossdev.cli.admin;

import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.virtio.timing.DeviceTiming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A listing for people: devices, buffers, totals. */
public final class ListingTable {

    private static final List<String> DEVICE_HEAD =
            List.of("DEVICE", "TYPE", "EPOCH", "OWNER", "COMMANDS", "RESOURCES", "BYTES", "ACTIVE");
    private static final List<String> BUFFER_HEAD =
            List.of("BUFFER", "TYPE", "UUID", "STATE", "AGE", "SIZE", "REFS", "HELD BY", "PATH", "WHAT");

    private ListingTable() {}

    /** Lines without a line break. */
    public static List<String> of(Listing listing) {
        List<List<String>> devices = new ArrayList<>(List.of(DEVICE_HEAD));
        listing.devices().forEach(device -> devices.add(device(device)));
        List<List<String>> buffers = new ArrayList<>(List.of(BUFFER_HEAD));
        listing.buffers().forEach(held -> buffers.add(buffer(held, listing)));
        List<String> lines = new ArrayList<>(aligned(devices));
        lines.add("");
        lines.addAll(aligned(buffers));
        lines.add("");
        long bytes = listing.buffers().stream()
                .mapToLong(held -> held.buffer().getSize())
                .sum();
        lines.add("Total %d devices, %d buffers, %d bytes"
                .formatted(listing.devices().size(), listing.buffers().size(), bytes));
        return lines;
    }

    /** What makes the device slow or faulty, as the command line takes it; empty for none. */
    static String active(Device device) {
        List<String> parts = new ArrayList<>();
        DeviceTiming timing = Timings.fromProto(device.getTiming());
        if (!timing.transit().isZero()) {
            parts.add("transit=" + timing.transit());
        }
        if (!timing.service().isZero()) {
            parts.add("service=" + timing.service());
        }
        device.getFaultsList().forEach(fault -> parts.add(Timings.fromProto(fault) + " (hit " + fault.getHits() + ")"));
        return String.join(", ", parts);
    }

    private static List<String> device(Device device) {
        long commands = device.getCommandsMap().values().stream()
                .mapToLong(Long::longValue)
                .sum();
        return List.of(
                device.getGuest() + "/" + device.getDevice(),
                device.getType(),
                Long.toUnsignedString(device.getEpoch()),
                device.getConnected() ? "stream" : "lease",
                Long.toString(commands),
                Integer.toUnsignedString(device.getResources()),
                Long.toString(device.getResourceBytes()),
                orDash(active(device)));
    }

    private static List<String> buffer(Held held, Listing listing) {
        Buffer buffer = held.buffer();
        return List.of(
                buffer.getGuest() + "/" + buffer.getDevice() + "/" + Integer.toUnsignedString(buffer.getResourceId()),
                held.kind().typeName(),
                orDash(buffer.getUuid().getText()),
                buffer.getState(),
                age(held.age(listing.at())),
                Long.toString(buffer.getSize()),
                Integer.toUnsignedString(buffer.getReferences()),
                orDash(String.join(", ", buffer.getAttachmentsList())),
                orDash(buffer.getPath()),
                buffer.getDescription());
    }

    private static String age(Duration age) {
        if (age.toMinutes() >= 60) {
            return "%dh%02dm".formatted(age.toHours(), age.toMinutesPart());
        }
        return age.toMinutes() > 0
                ? "%dm%02ds".formatted(age.toMinutes(), age.toSecondsPart())
                : String.format(Locale.ROOT, "%.1fs", age.toMillis() / 1e3);
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    private static List<String> aligned(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        rows.forEach(row -> {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        return rows.stream()
                .map(row -> {
                    StringBuilder line = new StringBuilder();
                    for (int i = 0; i < columns; i++) {
                        line.append(row.get(i))
                                .append(" ".repeat(widths[i] - row.get(i).length() + 2));
                    }
                    return line.toString().stripTrailing();
                })
                .toList();
    }
}
