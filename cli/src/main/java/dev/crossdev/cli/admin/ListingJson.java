package dev.crossdev.cli.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.virtio.timing.DeviceTiming;

/** A listing for programs: {@code {"devices": […], "buffers": […]}}. */
public final class ListingJson {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ListingJson() {}

    /** One JSON object, on several lines. */
    public static String of(Listing listing) {
        ObjectNode root = NODES.objectNode();
        ArrayNode devices = root.putArray("devices");
        listing.devices().forEach(device -> devices.add(device(device)));
        ArrayNode buffers = root.putArray("buffers");
        listing.buffers().forEach(held -> buffers.add(buffer(held, listing)));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that Jackson cannot write", e);
        }
    }

    private static ObjectNode device(Device device) {
        DeviceTiming timing = Timings.fromProto(device.getTiming());
        ObjectNode node = NODES.objectNode()
                .put("guest", device.getGuest())
                .put("device", device.getDevice())
                .put("type", device.getType())
                .put("epoch", device.getEpoch())
                .put("connected", device.getConnected())
                .put("resources", device.getResources())
                .put("resourceBytes", device.getResourceBytes())
                .put("transit", timing.transit().toString())
                .put("service", timing.service().toString());
        device.getFeatureNamesList().forEach(node.withArray("features")::add);
        ObjectNode commands = node.putObject("commands");
        device.getCommandsMap().forEach(commands::put);
        ObjectNode violations = node.putObject("violations");
        device.getViolationsMap().forEach(violations::put);
        ArrayNode faults = node.putArray("faults");
        device.getFaultsList()
                .forEach(fault -> faults.addObject()
                        .put("fault", Timings.fromProto(fault).toString())
                        .put("hits", fault.getHits()));
        return node;
    }

    private static ObjectNode buffer(Held held, Listing listing) {
        Buffer buffer = held.buffer();
        ObjectNode node = NODES.objectNode()
                .put("guest", buffer.getGuest())
                .put("device", buffer.getDevice())
                .put("type", held.kind().typeName())
                .put("resource", Integer.toUnsignedLong(buffer.getResourceId()))
                .put("size", buffer.getSize())
                .put("uuid", buffer.hasUuid() ? buffer.getUuid().getText() : null)
                .put("state", buffer.getState())
                .put("references", buffer.getReferences())
                .put("ageSeconds", held.age(listing.at()).toMillis() / 1e3)
                .put("path", buffer.getPath())
                .put("description", buffer.getDescription());
        ArrayNode attachments = node.putArray("attachments");
        buffer.getAttachmentsList().forEach(attachments::add);
        return node;
    }
}
