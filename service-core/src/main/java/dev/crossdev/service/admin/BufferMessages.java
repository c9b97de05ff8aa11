package dev.crossdev.service.admin;

import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.BufferFence;
import dev.crossdev.proto.admin.v1.BufferHolder;
import dev.crossdev.proto.admin.v1.BufferRegistration;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.virtio.HeldBuffer;
import java.util.Locale;

/** Buffers as messages. */
final class BufferMessages {

    private BufferMessages() {}

    static Buffer buffer(DeviceView.Held held, DeviceType<?, ?, ?> type) {
        HeldBuffer buffer = held.buffer();
        BufferInfo info = buffer.info();
        Buffer.Builder message = Buffer.newBuilder()
                .setGuest(held.key().guest())
                .setDevice(held.key().device())
                .setType(type.name())
                .setResourceId(buffer.resourceId())
                .setSize(info.size())
                .setState(buffer.state())
                .setReferences(info.references())
                .setCreatedAt(ProtoTimes.toProto(info.since()))
                .setPath(buffer.path())
                .setDescription(buffer.description())
                .setName(info.name().orElse(""))
                .setCpuMappings(info.cpuMappings());
        buffer.uuid().map(Uuids::toProto).ifPresent(message::setUuid);
        info.registration().map(BufferMessages::registration).ifPresent(message::setRegistration);
        info.attachments()
                .forEach(attachment ->
                        message.addAttachments(attachment.importer()).addHolders(holder(attachment)));
        info.fences().forEach(fence -> message.addFences(fence(fence)));
        return message.build();
    }

    private static BufferHolder holder(AttachmentInfo attachment) {
        return BufferHolder.newBuilder()
                .setImporter(attachment.importer())
                .setSince(ProtoTimes.toProto(attachment.since()))
                .setDynamic(attachment.dynamic())
                .setMapped(attachment.mapped())
                .setPinned(attachment.pinned())
                .build();
    }

    private static BufferFence fence(FenceInfo fence) {
        return BufferFence.newBuilder()
                .setUsage(fence.usage().name().toLowerCase(Locale.ROOT))
                .setOwner(fence.owner())
                .setSequence(fence.sequence())
                .setLeft(ProtoTimes.toProto(fence.left()))
                .setError(fence.error().map(Errno::name).orElse(""))
                .build();
    }

    private static BufferRegistration registration(RegistrationInfo registration) {
        BufferRegistration.Builder message = BufferRegistration.newBuilder()
                .setState(registration.state().name())
                .setError(registration.errno().map(Errno::name).orElse(""))
                .setCause(registration.cause().orElse(""))
                .setSince(ProtoTimes.toProto(registration.since()))
                .setWaiters(registration.waiters())
                .setAsked(registration.asked());
        registration.settledAt().map(ProtoTimes::toProto).ifPresent(message::setSettledAt);
        return message.build();
    }
}
