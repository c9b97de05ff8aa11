package dev.crossdev.service.call;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.service.ServiceSettings;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * How many streams may be open, of one connection and of all together. One more is refused with RESOURCE_EXHAUSTED (ENOBUFS);
 * calls with one answer are not counted. HTTP/2 has a limit of its own, which must be higher: beyond it a client waits in
 * silence (quarkus.http.limits.max-concurrent-streams).
 */
@GlobalInterceptor
@ApplicationScoped
public class StreamLimit implements ServerInterceptor, Prioritized {

    private static final Logger LOG = Logger.getLogger(StreamLimit.class);

    private final int perConnection;
    private final int most;
    private final Object lock = new Object();
    private final Map<SocketAddress, Integer> byConnection = new HashMap<>();
    private int open;

    StreamLimit(ServiceSettings settings) {
        this.perConnection = settings.streams().maxPerConnection();
        this.most = settings.streams().max();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (call.getMethodDescriptor().getType().serverSendsOneMessage()) {
            return next.startCall(call, headers);
        }
        // The port tells a machine's connections apart. One without an address is bounded by the sum alone.
        Optional<SocketAddress> connection =
                Optional.ofNullable(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        Optional<String> refused = enter(connection);
        if (refused.isPresent()) {
            LOG.warnf("a call of %s is refused: %s", call.getMethodDescriptor().getFullMethodName(), refused.get());
            StatusRuntimeException why = Statuses.toException(new ErrnoException(Errno.ENOBUFS, refused.get()));
            call.close(why.getStatus(), Objects.requireNonNullElseGet(why.getTrailers(), Metadata::new));
            return new ServerCall.Listener<>() {};
        }
        AtomicBoolean over = new AtomicBoolean();
        Runnable leave = () -> {
            if (over.compareAndSet(false, true)) {
                leave(connection);
            }
        };
        try {
            return new EndingListener<>(next.startCall(call, headers), leave);
        } catch (RuntimeException | Error e) {
            leave.run();
            throw e;
        }
    }

    /** Inside of {@link OpenCalls}, which tells of an end that the service itself decides, and of {@link CallSpans}. */
    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 5;
    }

    /** Why not; empty when the stream is counted from here on. */
    private Optional<String> enter(Optional<SocketAddress> connection) {
        synchronized (lock) {
            if (open >= most) {
                return Optional.of("there are " + most + " streams, which is the limit");
            }
            int here =
                    connection.map(each -> byConnection.getOrDefault(each, 0)).orElse(0);
            if (here >= perConnection) {
                return Optional.of("this connection has " + perConnection + " streams, which is the limit");
            }
            connection.ifPresent(each -> byConnection.put(each, here + 1));
            open++;
            return Optional.empty();
        }
    }

    private void leave(Optional<SocketAddress> connection) {
        synchronized (lock) {
            open--;
            connection.ifPresent(
                    each -> byConnection.computeIfPresent(each, (_, count) -> count == 1 ? null : count - 1));
        }
    }
}
