package dev.crossdev.cli.admin;

import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.dmabuf.bufinfo.Bufinfo;
import dev.crossdev.dmabuf.bufinfo.HolderInfo;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.BufferFence;
import dev.crossdev.proto.admin.v1.Device;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A listing for people: devices, then buffers or their holders, totals. */
public final class ListingTable {

    private ListingTable() {}

    /** By buffer. Lines without a line break. */
    public static List<String> of(Listing listing) {
        Columns buffers = new Columns(
                "BUFFER", "TYPE", "UUID", "STATE", "AGE", "SIZE", "REFS", "HELD BY", "WAIT", "FENCES", "PATH", "WHAT");
        listing.buffers().forEach(held -> buffer(buffers, held));
        return whole(listing, buffers);
    }

    /** By holder. */
    public static List<String> byHolder(Listing listing) {
        Columns holders = new Columns("HOLDER", "BUFFERS", "BYTES", "ATTACHED", "MAPPED", "PINNED", "OLDEST");
        for (HolderInfo holder : listing.bufinfo().holders()) {
            holders.row(
                    holder.holder(),
                    Integer.toString(holder.buffers()),
                    Long.toString(holder.bytes()),
                    Integer.toString(holder.attachments()),
                    Integer.toString(holder.mappings()),
                    Integer.toString(holder.pins()),
                    age(Duration.between(holder.oldest(), listing.at())));
        }
        return whole(listing, holders);
    }

    private static List<String> whole(Listing listing, Columns second) {
        Columns devices =
                new Columns("DEVICE", "TYPE", "EPOCH", "OWNER", "COMMANDS", "RESOURCES", "BYTES", "ACTIVE", "STRUCK");
        listing.devices().forEach(device -> device(devices, device));
        List<String> lines = new ArrayList<>(devices.lines());
        lines.add("");
        lines.addAll(second.lines());
        lines.add("");
        Bufinfo.Totals totals = listing.bufinfo().totals();
        lines.add("Total %d devices, %d buffers, %d bytes, %d attached, %d waiters, %d fences"
                .formatted(
                        listing.devices().size(),
                        totals.buffers(),
                        totals.bytes(),
                        totals.attachments(),
                        totals.waiters(),
                        totals.fences()));
        return lines;
    }

    private static void device(Columns devices, Device device) {
        devices.row(
                DeviceText.name(device),
                device.getType(),
                Long.toUnsignedString(device.getEpoch()),
                DeviceText.owner(device),
                Long.toString(DeviceText.commands(device)),
                Integer.toUnsignedString(device.getResources()),
                Long.toString(device.getResourceBytes()),
                Columns.orDash(DeviceText.active(device)),
                Columns.orDash(struck(device)));
    }

    private static String struck(Device device) {
        return device.getFaultHitsMap().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(hit -> hit.getKey() + " " + hit.getValue() + "x")
                .collect(Collectors.joining(", "));
    }

    private static void buffer(Columns buffers, Held held) {
        Buffer buffer = held.buffer();
        String what = buffer.getName().isEmpty()
                ? buffer.getDescription()
                : buffer.getName() + ": " + buffer.getDescription();
        buffers.row(
                buffer.getGuest() + "/" + buffer.getDevice() + "/" + Integer.toUnsignedString(buffer.getResourceId()),
                buffer.getType(),
                Columns.orDash(buffer.getUuid().getText()),
                buffer.getRegistration().getError().isEmpty()
                        ? buffer.getState()
                        : buffer.getState() + " " + buffer.getRegistration().getError(),
                age(held.age()),
                Long.toString(buffer.getSize()),
                Integer.toUnsignedString(buffer.getReferences()),
                Columns.orDash(String.join(", ", buffer.getAttachmentsList())),
                Integer.toUnsignedString(buffer.getRegistration().getWaiters()),
                Columns.orDash(
                        buffer.getFencesList().stream().map(ListingTable::fence).collect(Collectors.joining(", "))),
                Columns.orDash(buffer.getPath()),
                what);
    }

    private static String fence(BufferFence fence) {
        return fence.getUsage() + " by " + fence.getOwner()
                + (fence.getError().isEmpty() ? "" : " " + fence.getError());
    }

    /** For people. */
    public static String age(Duration age) {
        if (age.toMinutes() >= 60) {
            return "%dh%02dm".formatted(age.toHours(), age.toMinutesPart());
        }
        return age.toMinutes() > 0
                ? "%dm%02ds".formatted(age.toMinutes(), age.toSecondsPart())
                : String.format(Locale.ROOT, "%.1fs", Math.max(0, age.toMillis()) / 1e3);
    }
}
