package dev.crossdev.service.trust;

import com.google.protobuf.Message;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLSession;

/**
 * Lets a call through, or not. Over TLS: without a verified certificate UNAUTHENTICATED, without the right role
 * PERMISSION_DENIED, and a guest that names another one NOT_FOUND, whether that other exists or not; a guest that names
 * none means itself. In plain text, where TLS is off, everybody may do everything.
 */
@GlobalInterceptor
@ApplicationScoped
public class TrustedCalls implements ServerInterceptor, Prioritized {

    private final TransportSecurity security;
    private final Map<String, GuestFields> guestFields = new ConcurrentHashMap<>();

    TrustedCalls(TransportSecurity security) {
        this.security = security;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        if (session == null && !security.isOn()) {
            return next.startCall(call, headers);
        }
        MethodDescriptor<Q, A> method = call.getMethodDescriptor();
        try {
            Access access = Access.to(method)
                    .orElseThrow(() -> new ErrnoException(Errno.EACCES, "nobody may call this method"));
            if (access == Access.EVERYBODY) {
                return next.startCall(call, headers);
            }
            Peer peer = Peer.of(session);
            if (!access.allows(peer.roles())) {
                throw new ErrnoException(
                        Errno.EACCES, "the roles of " + peer.name() + " do not permit " + method.getFullMethodName());
            }
            return access.bindsGuest(peer.roles())
                    ? new OwnGuest<>(call, next.startCall(call, headers), fields(method), peer.name())
                    : next.startCall(call, headers);
        } catch (ErrnoException refusal) {
            refuse(call, refusal);
            return new ServerCall.Listener<>() {};
        }
    }

    /** Inside of all that a refusal has to pass as well, outside of the limit of streams, which is for those who may. */
    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 4;
    }

    private GuestFields fields(MethodDescriptor<?, ?> method) {
        return guestFields.computeIfAbsent(method.getFullMethodName(), _ -> GuestFields.of(method));
    }

    private static void refuse(ServerCall<?, ?> call, ErrnoException refusal) {
        StatusRuntimeException why = Statuses.toException(refusal);
        call.close(why.getStatus(), Objects.requireNonNullElseGet(why.getTrailers(), Metadata::new));
    }

    /** A guest's call: each message speaks of that guest, or the call is over. */
    private static final class OwnGuest<Q> extends SimpleForwardingServerCallListener<Q> {

        private final ServerCall<Q, ?> call;
        private final GuestFields fields;
        private final String guest;
        private boolean refused;

        OwnGuest(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener, GuestFields fields, String guest) {
            super(listener);
            this.call = call;
            this.fields = fields;
            this.guest = guest;
        }

        @Override
        @SuppressWarnings("unchecked") // a message with another value in a field is of the same type
        public void onMessage(Q message) {
            if (refused) {
                return;
            }
            Q bound;
            try {
                bound = (Q) fields.bind((Message) message, guest);
            } catch (ErrnoException refusal) {
                refused = true;
                refuse(call, refusal);
                super.onCancel();
                return;
            }
            super.onMessage(bound);
        }

        @Override
        public void onHalfClose() {
            if (!refused) {
                super.onHalfClose();
            }
        }

        @Override
        public void onReady() {
            if (!refused) {
                super.onReady();
            }
        }

        @Override
        public void onCancel() {
            if (!refused) {
                super.onCancel();
            }
        }

        @Override
        public void onComplete() {
            if (!refused) {
                super.onComplete();
            }
        }
    }
}
