package dev.crossdev.service.console;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.Names;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Injected timing and faults, as the page sets them. {@code DeviceAdmin} has the same for programs. */
@Path("/console")
@SameOrigin
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class KnobsResource {

    private static final int NOT_FOUND = 404;
    private static final int BAD_REQUEST = 400;

    private final DeviceHouse<?, ?, ?> house;
    private final ConsoleFeed feed;

    /** Whom it is about; without both names all devices and those to come. */
    public record Target(@Nullable String guest, @Nullable String device) {

        Optional<DeviceKey> key() {
            return device == null || device.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new DeviceKey(Names.guest(guest == null ? "" : guest), Names.device(device)));
        }
    }

    /** In the words of the command line, such as {@code 2ms}; empty for none. */
    public record Timing(
            @Nullable Target target,
            @Nullable String transit,
            @Nullable String service) {}

    /** In the words of the command line, such as {@code RESOURCE_ASSIGN_UUID=never*3}. */
    public record NewFault(
            @Nullable Target target, @Nullable String fault) {}

    /** What went wrong, for people. */
    public record Refusal(String error) {}

    /** How many faults were armed. */
    public record Cleared(int cleared) {}

    KnobsResource(DeviceHouse<?, ?, ?> house, ConsoleFeed feed) {
        this.house = house;
        this.feed = feed;
    }

    @POST
    @Path("/timing")
    public Response timing(Timing wanted) {
        return answer(() -> {
            house.knobs()
                    .setTiming(
                            key(wanted.target()),
                            new DeviceTiming(latency(wanted.transit()), latency(wanted.service())));
            return wanted;
        });
    }

    @POST
    @Path("/faults")
    public Response fault(NewFault wanted) {
        return answer(() -> {
            house.knobs().inject(key(wanted.target()), Fault.parse(wanted.fault() == null ? "" : wanted.fault()));
            return wanted;
        });
    }

    @POST
    @Path("/faults/clear")
    public Response clear(Target target) {
        return answer(() -> new Cleared(house.knobs().clear(target.key())));
    }

    private Response answer(Supplier<Object> action) {
        try {
            Object done = action.get();
            feed.poke();
            return Response.ok(done).build();
        } catch (IllegalArgumentException e) {
            return refuse(BAD_REQUEST, e);
        } catch (ErrnoException e) {
            return refuse(e.errno() == Errno.ENOENT ? NOT_FOUND : BAD_REQUEST, e);
        }
    }

    private static Response refuse(int status, Exception why) {
        return Response.status(status)
                .entity(new Refusal(String.valueOf(why.getMessage())))
                .build();
    }

    private static Optional<DeviceKey> key(@Nullable Target target) {
        return target == null ? Optional.empty() : target.key();
    }

    private static Latency latency(@Nullable String text) {
        return text == null || text.isBlank() ? Latency.ZERO : Latency.parse(text);
    }
}
