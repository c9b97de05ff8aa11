package dev.crossdev.service.admin;

import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.Display;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.virtio.Displays;
import dev.crossdev.virtio.Features;
import java.util.List;

/** Devices as messages. */
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
                .setCreatedAt(ProtoTimes.toProto(view.createdAt()))
                .putAllCommands(view.commands())
                .setResources(view.usage().resources())
                .setResourceBytes(view.usage().resourceBytes())
                .setTiming(Timings.toProto(view.timing()))
                .putAllViolations(view.violations())
                .putAllFaultHits(view.faultHits());
        view.leaseEndsAt().map(ProtoTimes::toProto).ifPresent(message::setLeaseExpiresAt);
        view.faults().forEach(fault -> message.addFaults(Timings.toProto(fault)));
        return message.build();
    }

    static List<String> featureNames(Features features, DeviceType<?, ?, ?> type) {
        return features.isEmpty()
                ? List.of()
                : List.of(features.describe(type.featureNames()).split(","));
    }

    static List<Display> displays(List<Displays.Display> displays) {
        return displays.stream()
                .map(display -> Display.newBuilder()
                        .setScanoutId(display.scanoutId())
                        .setEnabled(display.enabled())
                        .setX(display.x())
                        .setY(display.y())
                        .setWidth(display.size().width())
                        .setHeight(display.size().height())
                        .build())
                .toList();
    }
}
