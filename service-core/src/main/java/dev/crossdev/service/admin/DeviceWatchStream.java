package dev.crossdev.service.admin;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.server.ServerWriters;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.DeviceRemoved;
import dev.crossdev.proto.admin.v1.DevicesSynchronized;
import dev.crossdev.proto.admin.v1.WatchDevicesRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.DeviceWatch;
import dev.crossdev.service.house.DeviceWatch.Change;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * {@code WatchDevices}: tells of changes as fast as the client reads. It asks its watch for the next one only when there is
 * room, so that a client that reads slowly is told of the latest state and nothing piles up here.
 */
final class DeviceWatchStream {

    private static final Logger LOG = Logger.getLogger(DeviceWatchStream.class);

    /** Messages in hand; the watch keeps the rest, one for each device. */
    private static final int MARK = 64;

    /** Never reached: a pump stops one message above the mark. */
    private static final int LIMIT = 2 * MARK;

    /** Each costs a look at every device at its beginning. */
    private static final int MAX_WATCHERS = 256;

    private final DeviceType<?, ?, ?> type;
    private final StreamWriter<WatchDevicesResponse> writer;
    private final DeviceWatch watch;
    /** Nobody but {@link #start} starts the first pump: until then the stream is not whole. */
    private final AtomicInteger wakeUps = new AtomicInteger(1);

    private DeviceWatchStream(
            DeviceHouse<?, ?, ?> house,
            Optional<String> guest,
            ServerCallStreamObserver<WatchDevicesResponse> observer) {
        this.type = house.type();
        this.watch = house.inventory().watch(guest, this::wake);
        this.writer = ServerWriters.over(observer, MARK, LIMIT, watch::close);
        writer.onDrained(this::wake);
    }

    /** To be called before the service's method returns. */
    static void send(
            DeviceHouse<?, ?, ?> house,
            WatchDevicesRequest request,
            ServerCallStreamObserver<WatchDevicesResponse> observer) {
        try {
            Optional<String> guest = Addressed.guestOrAll(request.getGuest());
            if (house.inventory().watchers() >= MAX_WATCHERS) {
                throw new ErrnoException(Errno.ENOBUFS, MAX_WATCHERS + " watch already, which is the limit");
            }
            new DeviceWatchStream(house, guest, observer).start();
        } catch (ErrnoException e) {
            observer.onError(Statuses.toException(e));
        }
    }

    /** From any thread, also under the locks of devices, which the pump looks at: so it has a thread of its own. */
    private void wake() {
        if (wakeUps.getAndIncrement() == 0) {
            start();
        }
    }

    private void start() {
        Thread.ofVirtual().name("device-watch").start(this::pump);
    }

    private void pump() {
        int missed = 1;
        while (missed != 0) {
            try {
                tell();
            } catch (RuntimeException e) {
                LOG.error("a watch of devices failed", e);
                writer.fail(Statuses.toException(e));
            }
            if (writer.isEnded()) {
                watch.close();
            }
            missed = wakeUps.addAndGet(-missed);
        }
    }

    private void tell() {
        while (!writer.isAboveMark() && !writer.isEnded()) {
            Optional<Change> change = watch.poll();
            if (change.isEmpty()) {
                return;
            }
            writer.offer(message(change.get()));
        }
    }

    private WatchDevicesResponse message(Change change) {
        WatchDevicesResponse.Builder message = WatchDevicesResponse.newBuilder();
        switch (change) {
            case Change.Created(var device) -> message.setCreated(AdminMessages.device(device, type));
            case Change.Changed(var device) -> message.setChanged(AdminMessages.device(device, type));
            case Change.Removed(var key, String reason) ->
                message.setRemoved(DeviceRemoved.newBuilder()
                        .setGuest(key.guest())
                        .setDevice(key.device())
                        .setReason(reason));
            case Change.Synchronized() -> message.setSynchronized(DevicesSynchronized.getDefaultInstance());
        }
        return message.build();
    }
}
