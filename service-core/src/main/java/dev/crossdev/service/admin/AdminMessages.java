package dev.crossdev.service.admin;

import com.google.protobuf.Timestamp;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.HeldBuffer;
import java.time.Instant;
import java.util.List;

/** What an operator sees, as messages. */
final class AdminMessages {

    private AdminMessages() {}

    static Device device(DeviceView view, DeviceType<?, ?, ?> type) {
        Device.Builder message = Device.newBuilder()
                .setGuest(view.key().guest())
                .setDevice(view.key().device())
                .setType(type.name())
                .setFeatures(view.features().bits())
                .addAllFeatureNames(featureNames(view.features(), type))
                .setEpoch(view.epoch())
                .setConnected(view.connected())
                .setCreatedAt(timestamp(view.createdAt()))
                .putAllCommands(view.commands())
                .setResources(view.usage().resources())
                .setResourceBytes(view.usage().resourceBytes())
                .setTiming(Timings.toProto(view.timing()))
                .putAllViolations(view.violations());
        view.leaseEndsAt().map(AdminMessages::timestamp).ifPresent(message::setLeaseExpiresAt);
        view.faults().forEach(fault -> message.addFaults(Timings.toProto(fault)));
        return message.build();
    }

    static List<String> featureNames(Features features, DeviceType<?, ?, ?> type) {
        return features.isEmpty()
                ? List.of()
                : List.of(features.describe(type.featureNames()).split(","));
    }

    static Buffer buffer(DeviceView.Held held) {
        HeldBuffer buffer = held.buffer();
        Buffer.Builder message = Buffer.newBuilder()
                .setGuest(held.key().guest())
                .setDevice(held.key().device())
                .setResourceId(buffer.resourceId())
                .setSize(buffer.size())
                .setState(buffer.state())
                .setReferences(buffer.references())
                .addAllAttachments(buffer.attachments())
                .setCreatedAt(timestamp(buffer.createdAt()))
                .setPath(buffer.path())
                .setDescription(buffer.description());
        buffer.uuid().map(Uuids::toProto).ifPresent(message::setUuid);
        return message.build();
    }

    static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
