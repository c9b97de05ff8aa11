package dev.crossdev.cli.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.virtio.timing.DeviceTiming;

/** A device for programs. */
final class DeviceJson {

    private DeviceJson() {}

    static ObjectNode of(Device device) {
        DeviceTiming timing = Timings.fromProto(device.getTiming());
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("guest", device.getGuest())
                .put("device", device.getDevice())
                .put("type", device.getType())
                .put("epoch", device.getEpoch())
                .put("connected", device.getConnected())
                .put("createdAt", ProtoTimes.fromProto(device.getCreatedAt()).toString())
                .put(
                        "leaseExpiresAt",
                        device.hasLeaseExpiresAt()
                                ? ProtoTimes.fromProto(device.getLeaseExpiresAt())
                                        .toString()
                                : null)
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
        ObjectNode hits = node.putObject("faultHits");
        device.getFaultHitsMap().forEach(hits::put);
        return node;
    }
}
