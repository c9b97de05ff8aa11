package dev.crossdev.cli.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A listing for programs: {@code {"devices": […], "buffers": […], "holders": […]}}. */
public final class ListingJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ListingJson() {}

    /** One JSON object, on several lines. */
    public static String of(Listing listing) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        ArrayNode devices = root.putArray("devices");
        listing.devices().forEach(device -> devices.add(DeviceJson.of(device)));
        ArrayNode buffers = root.putArray("buffers");
        listing.buffers().forEach(held -> buffers.add(BufferJson.of(held, listing.at())));
        ArrayNode holders = root.putArray("holders");
        listing.bufinfo().holders().forEach(holder -> holders.add(BufferJson.holder(holder, listing.at())));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that Jackson cannot write", e);
        }
    }
}
