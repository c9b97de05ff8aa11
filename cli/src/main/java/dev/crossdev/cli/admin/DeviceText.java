package dev.crossdev.cli.admin;

import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.virtio.timing.DeviceTiming;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A device, and what changed about it, in words. */
public final class DeviceText {

    private DeviceText() {}

    /** With its guest. */
    public static String name(Device device) {
        return device.getGuest() + "/" + device.getDevice();
    }

    /** What keeps it. */
    public static String owner(Device device) {
        return device.getConnected() ? "stream" : "lease";
    }

    /** Answered since it was made. */
    public static long commands(Device device) {
        return device.getCommandsMap().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** What makes the device slow or faulty, as the command line takes it; empty for none. */
    public static String active(Device device) {
        List<String> parts = new ArrayList<>();
        String timing = timing(device);
        if (!timing.isEmpty()) {
            parts.add(timing);
        }
        device.getFaultsList().forEach(fault -> parts.add(Timings.fromProto(fault) + " (hit " + fault.getHits() + ")"));
        return String.join(", ", parts);
    }

    /** What is new; empty when nothing is that a person would be told. */
    static List<String> changes(Device before, Device now) {
        List<String> changes = new ArrayList<>();
        if (before.getEpoch() != now.getEpoch()) {
            changes.add("reset: epoch " + Long.toUnsignedString(now.getEpoch()));
        }
        if (before.getConnected() != now.getConnected()) {
            changes.add(now.getConnected() ? "a stream took it up" : "its stream ended");
        }
        if (!before.getLeaseExpiresAt().equals(now.getLeaseExpiresAt()) && now.hasLeaseExpiresAt()) {
            changes.add("lease until "
                    + ProtoTimes.fromProto(now.getLeaseExpiresAt()).truncatedTo(ChronoUnit.SECONDS));
        }
        if (!before.getTiming().equals(now.getTiming())) {
            String timing = timing(now);
            changes.add(timing.isEmpty() ? "timing off" : "timing " + timing);
        }
        grown(before.getFaultHitsMap(), now.getFaultHitsMap())
                .forEach((fault, hits) -> changes.add("fault struck: " + fault + " (" + hits + " so far)"));
        if (!armed(before).equals(armed(now))) {
            changes.add(
                    now.getFaultsCount() == 0 ? "no faults armed" : "faults armed: " + String.join(", ", armed(now)));
        }
        grown(before.getViolationsMap(), now.getViolationsMap())
                .forEach((kind, count) -> changes.add("violation: " + kind + " (" + count + " so far)"));
        return changes;
    }

    private static List<String> armed(Device device) {
        return device.getFaultsList().stream()
                .map(fault -> Timings.fromProto(fault).toString())
                .toList();
    }

    private static Map<String, Long> grown(Map<String, Long> before, Map<String, Long> now) {
        Map<String, Long> grown = new TreeMap<>(now);
        grown.entrySet().removeIf(entry -> entry.getValue() <= before.getOrDefault(entry.getKey(), 0L));
        return grown;
    }

    private static String timing(Device device) {
        DeviceTiming timing = Timings.fromProto(device.getTiming());
        List<String> parts = new ArrayList<>();
        if (!timing.transit().isZero()) {
            parts.add("transit=" + timing.transit());
        }
        if (!timing.service().isZero()) {
            parts.add("service=" + timing.service());
        }
        return String.join(", ", parts);
    }
}
