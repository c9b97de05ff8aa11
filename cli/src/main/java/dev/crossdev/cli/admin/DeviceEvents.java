package dev.crossdev.cli.admin;

import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.virtio.capture.DeviceKind;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What services tell of their devices, in one line of arrival. Whoever takes slowly makes the services tell only the latest:
 * nothing piles up here.
 */
public final class DeviceEvents {

    private static final int ROOM = 64;

    private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(ROOM);

    /**
     * Something happened, or a service tells no more.
     *
     * @param at when it was heard of here
     * @param what null when the service tells no more
     * @param end why not, in that case
     */
    public record Event(
            Instant at,
            DeviceKind kind,
            @Nullable WatchDevicesResponse what,
            @Nullable RuntimeException end) {}

    /** Begins to watch at each service. */
    public static DeviceEvents of(ServiceClients services, Optional<String> guest) {
        DeviceEvents events = new DeviceEvents();
        services.byKind().forEach((kind, client) -> client.watch(guest, events.new Listener(kind, client)));
        return events;
    }

    /** The next one; empty when there is none in time. */
    public Optional<Event> next(Duration patience) {
        try {
            return Optional.ofNullable(events.poll(patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private final class Listener implements StreamObserver<WatchDevicesResponse> {
        private final DeviceKind kind;
        private final AdminClient client;

        Listener(DeviceKind kind, AdminClient client) {
            this.kind = kind;
            this.client = client;
        }

        @Override
        public void onNext(WatchDevicesResponse what) {
            put(new Event(Instant.now(), kind, what, null));
        }

        @Override
        public void onError(Throwable failure) {
            put(new Event(Instant.now(), kind, null, client.failure(failure)));
        }

        @Override
        public void onCompleted() {
            put(new Event(Instant.now(), kind, null, null));
        }

        /** The transport asks for no more while this waits. */
        private void put(Event event) {
            try {
                events.put(event);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
