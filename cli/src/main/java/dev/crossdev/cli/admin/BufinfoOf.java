package dev.crossdev.cli.admin;

import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.BufferFence;
import dev.crossdev.proto.admin.v1.BufferHolder;
import dev.crossdev.proto.admin.v1.BufferRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A service's word on a buffer as the library's record, its times as this machine's clock would have them. */
final class BufinfoOf {

    private BufinfoOf() {}

    static BufferInfo buffer(Held held, Instant now) {
        Buffer buffer = held.buffer();
        Duration ahead = Duration.between(held.takenAt(), now);
        return new BufferInfo(
                Integer.toUnsignedLong(buffer.getResourceId()),
                buffer.getType() + ":" + buffer.getGuest() + "/" + buffer.getDevice(),
                said(buffer.getName()),
                buffer.getSize(),
                buffer.getReferences(),
                ProtoTimes.fromProto(buffer.getCreatedAt()).plus(ahead),
                buffer.getCpuMappings(),
                buffer.getHoldersList().stream()
                        .map(holder -> attachment(holder, ahead))
                        .toList(),
                buffer.getFencesList().stream().map(BufinfoOf::fence).toList(),
                buffer.hasRegistration() ? Optional.of(registration(buffer, ahead)) : Optional.empty());
    }

    private static AttachmentInfo attachment(BufferHolder holder, Duration ahead) {
        return new AttachmentInfo(
                holder.getImporter(),
                ProtoTimes.fromProto(holder.getSince()).plus(ahead),
                holder.getDynamic(),
                holder.getMapped(),
                holder.getPinned());
    }

    private static FenceInfo fence(BufferFence fence) {
        return new FenceInfo(
                Usage.valueOf(fence.getUsage().toUpperCase(Locale.ROOT)),
                fence.getOwner(),
                fence.getSequence(),
                !fence.getError().isEmpty(),
                errno(fence.getError()),
                ProtoTimes.fromProto(fence.getLeft()));
    }

    private static RegistrationInfo registration(Buffer buffer, Duration ahead) {
        BufferRegistration registration = buffer.getRegistration();
        return new RegistrationInfo(
                RegistrationInfo.State.valueOf(registration.getState()),
                buffer.hasUuid() ? Optional.of(Uuids.fromProto(buffer.getUuid())) : Optional.empty(),
                errno(registration.getError()),
                said(registration.getCause()),
                ProtoTimes.fromProto(registration.getSince()).plus(ahead),
                registration.hasSettledAt()
                        ? Optional.of(ProtoTimes.fromProto(registration.getSettledAt())
                                .plus(ahead))
                        : Optional.empty(),
                registration.getWaiters(),
                registration.getAsked());
    }

    private static Optional<String> said(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    /** A newer service may know more of them. */
    private static Optional<Errno> errno(String name) {
        return Arrays.stream(Errno.values())
                .filter(errno -> errno.name().equals(name))
                .findFirst();
    }
}
