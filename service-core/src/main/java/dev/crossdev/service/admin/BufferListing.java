package dev.crossdev.service.admin;

import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.Suspicion;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.BufferSuspicion;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListBuffersResponse;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceView.Held;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** {@code ListBuffers}: the kernel's {@code dma_buf/bufinfo}, with filters for those who hunt a leak. */
final class BufferListing {

    private final DeviceHouse<?, ?, ?> house;

    BufferListing(DeviceHouse<?, ?, ?> house) {
        this.house = house;
    }

    ListBuffersResponse list(ListBuffersRequest request) {
        Instant now = Instant.now();
        Predicate<Held> wanted = wanted(request, now);
        List<Held> all = house.inventory().buffers(Addressed.guestOrAll(request.getGuest())).stream()
                .filter(wanted)
                .toList();
        Pages.Page<Held> page = Pages.cut(all, BufferListing::position, request.getPageSize(), request.getPageToken());
        ListBuffersResponse.Builder response = ListBuffersResponse.newBuilder()
                .setNextPageToken(page.nextToken())
                .setTotalBuffers(all.size())
                .setTotalBytes(
                        all.stream().mapToLong(held -> held.buffer().size()).sum())
                .setTakenAt(ProtoTimes.toProto(now));
        page.elements().forEach(held -> response.addBuffers(BufferMessages.buffer(held, house.type())));
        return response.build();
    }

    private static Predicate<Held> wanted(ListBuffersRequest request, Instant now) {
        List<Predicate<Held>> all = new ArrayList<>();
        if (!request.getDevice().isEmpty()) {
            all.add(held -> held.key().device().equals(request.getDevice()));
        }
        if (!request.getState().isEmpty()) {
            all.add(held -> held.buffer().state().equalsIgnoreCase(request.getState()));
        }
        if (request.hasMinAge()) {
            Duration least = ProtoTimes.fromProto(request.getMinAge());
            all.add(held -> held.buffer().info().age(now).compareTo(least) >= 0);
        }
        if (!request.getHolder().isEmpty()) {
            all.add(held -> held.buffer().info().attachments().stream()
                    .anyMatch(attachment -> isOf(attachment, request.getHolder())));
        }
        for (BufferSuspicion each : request.getSuspicionsList()) {
            Suspicion suspicion = suspicion(each);
            all.add(held -> suspicion.test(held.buffer().info()));
        }
        return held -> all.stream().allMatch(each -> each.test(held));
    }

    private static boolean isOf(AttachmentInfo attachment, String holder) {
        return attachment.importer().equals(holder) || attachment.importer().startsWith(holder + "/");
    }

    private static Suspicion suspicion(BufferSuspicion asked) {
        return switch (asked) {
            case BUFFER_SUSPICION_FAILED -> Suspicion.FAILED;
            case BUFFER_SUSPICION_WAITED_FOR -> Suspicion.WAITED_FOR;
            case BUFFER_SUSPICION_NEVER_ASKED -> Suspicion.NEVER_ASKED;
            case BUFFER_SUSPICION_UNATTACHED -> Suspicion.UNATTACHED;
            case BUFFER_SUSPICION_ATTACHED_TWICE -> Suspicion.ATTACHED_TWICE;
            case BUFFER_SUSPICION_BUSY -> Suspicion.BUSY;
            case BUFFER_SUSPICION_UNSPECIFIED, UNRECOGNIZED ->
                throw new ErrnoException(Errno.EINVAL, "a suspicion that this service does not know");
        };
    }

    /** By device, then by age. */
    private static String position(Held held) {
        return Addressed.position(held.key())
                + "%020d%09d%08x"
                        .formatted(
                                held.buffer().createdAt().getEpochSecond(),
                                held.buffer().createdAt().getNano(),
                                held.buffer().resourceId());
    }
}
