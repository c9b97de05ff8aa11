package dev.crossdev.cli.top;

import dev.crossdev.cli.admin.AdminClient;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.cli.admin.ServiceClients;
import dev.crossdev.proto.admin.v1.BufferSuspicion;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListBuffersResponse;
import dev.crossdev.proto.admin.v1.ListRegistrationsResponse;
import dev.crossdev.virtio.capture.DeviceKind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the services said at one moment. One that does not answer is no reason to say nothing of the other.
 *
 * @param nanos of {@link System#nanoTime()}
 * @param services those that answered
 * @param missing those that did not, and why, in words
 */
record TopSample(long nanos, Map<DeviceKind, OfService> services, Map<DeviceKind, RuntimeException> missing) {

    private static final List<BufferSuspicion> TROUBLES =
            List.of(BufferSuspicion.BUFFER_SUSPICION_WAITED_FOR, BufferSuspicion.BUFFER_SUSPICION_FAILED);

    /**
     * @param devices all of them, or a guest's
     * @param buffers how many buffers they have
     * @param bytes of the buffers
     * @param troubled buffers that somebody waits for or that failed, those that are waited for first
     * @param registrations the latest; null where none are made
     */
    record OfService(
            List<Device> devices,
            long buffers,
            long bytes,
            List<Held> troubled,
            @Nullable ListRegistrationsResponse registrations) {}

    /** Asks each service; each answers or fails within its client's own patience. */
    static TopSample take(ServiceClients clients, Optional<String> guest) {
        Map<DeviceKind, OfService> services = new EnumMap<>(DeviceKind.class);
        Map<DeviceKind, RuntimeException> missing = new EnumMap<>(DeviceKind.class);
        clients.byKind().forEach((kind, client) -> {
            try {
                services.put(kind, of(kind, client, guest));
            } catch (RuntimeException e) {
                missing.put(kind, e);
            }
        });
        return new TopSample(System.nanoTime(), services, missing);
    }

    private static OfService of(DeviceKind kind, AdminClient client, Optional<String> guest) {
        ListBuffersRequest all =
                ListBuffersRequest.newBuilder().setGuest(guest.orElse("")).build();
        ListBuffersResponse totals = client.totals(all);
        List<Held> troubled = TROUBLES.stream()
                .flatMap(trouble ->
                        client.buffers(all.toBuilder().addSuspicions(trouble).build()).stream())
                .toList();
        return new OfService(
                client.devices(guest),
                totals.getTotalBuffers(),
                totals.getTotalBytes(),
                troubled,
                kind == DeviceKind.GPU ? client.registrations(guest) : null);
    }
}
