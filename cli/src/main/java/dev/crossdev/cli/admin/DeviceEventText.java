package dev.crossdev.cli.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DeviceRemoved;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.virtio.capture.DeviceKind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Events as lines, for people or as JSON. Knows what was told before, so that a change can be said in words. */
public final class DeviceEventText {

    private final boolean json;
    private final Map<String, Device> known = new HashMap<>();

    /** @param json one object a line */
    public DeviceEventText(boolean json) {
        this.json = json;
    }

    /** Empty for a change that is none to a person. */
    public Optional<String> line(Instant at, DeviceKind kind, WatchDevicesResponse event) {
        return switch (event.getChangeCase()) {
            case CREATED -> Optional.of(created(at, event.getCreated()));
            case CHANGED -> changed(at, event.getChanged());
            case REMOVED -> Optional.of(removed(at, kind, event.getRemoved()));
            case SYNCHRONIZED ->
                Optional.of(
                        json
                                ? object(at, kind, "synchronized").toString()
                                : head(at, kind) + " what was there is told");
            case CHANGE_NOT_SET -> Optional.empty();
        };
    }

    private String created(Instant at, Device device) {
        known.put(key(device.getType(), DeviceText.name(device)), device);
        if (json) {
            return withDevice(at, "created", device).toString();
        }
        List<String> facts = new ArrayList<>(
                List.of("owner " + DeviceText.owner(device), "epoch " + Long.toUnsignedString(device.getEpoch())));
        String active = DeviceText.active(device);
        if (!active.isEmpty()) {
            facts.add(active);
        }
        return head(at, device) + " created: " + String.join(", ", facts);
    }

    private Optional<String> changed(Instant at, Device device) {
        Device before = known.put(key(device.getType(), DeviceText.name(device)), device);
        List<String> changes = DeviceText.changes(before == null ? Device.getDefaultInstance() : before, device);
        if (changes.isEmpty()) {
            return Optional.empty();
        }
        if (!json) {
            return Optional.of(head(at, device) + " " + String.join("; ", changes));
        }
        ObjectNode node = withDevice(at, "changed", device);
        ArrayNode words = node.putArray("changes");
        changes.forEach(words::add);
        return Optional.of(node.toString());
    }

    private String removed(Instant at, DeviceKind kind, DeviceRemoved gone) {
        String name = gone.getGuest() + "/" + gone.getDevice();
        known.remove(key(kind.typeName(), name));
        return json
                ? object(at, kind, "removed")
                        .put("guest", gone.getGuest())
                        .put("device", gone.getDevice())
                        .put("reason", gone.getReason())
                        .toString()
                : head(at, kind) + " " + name + " removed: " + gone.getReason();
    }

    private static ObjectNode withDevice(Instant at, String event, Device device) {
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("at", at.truncatedTo(ChronoUnit.MILLIS).toString())
                .put("event", event);
        node.setAll(DeviceJson.of(device));
        return node;
    }

    private static ObjectNode object(Instant at, DeviceKind kind, String event) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("at", at.truncatedTo(ChronoUnit.MILLIS).toString())
                .put("event", event)
                .put("type", kind.typeName());
    }

    private static String head(Instant at, Device device) {
        return at.truncatedTo(ChronoUnit.MILLIS) + " " + device.getType() + " " + DeviceText.name(device);
    }

    private static String head(Instant at, DeviceKind kind) {
        return at.truncatedTo(ChronoUnit.MILLIS) + " " + kind.typeName();
    }

    private static String key(String type, String name) {
        return type + " " + name;
    }
}
