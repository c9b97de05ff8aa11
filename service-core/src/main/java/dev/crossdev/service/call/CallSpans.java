package dev.crossdev.service.call;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * A span for each call, a child of its caller's; current while the call's events are handled, so that what is measured
 * there gets it as an exemplar, and commands can take it along. With tracing off a call costs one look at a field.
 */
@GlobalInterceptor
@ApplicationScoped
public class CallSpans implements ServerInterceptor, Prioritized {

    private static final TextMapGetter<Metadata> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Metadata headers) {
            return List.copyOf(headers.keys());
        }

        @Override
        public @Nullable String get(@Nullable Metadata headers, String key) {
            return headers == null ? null : headers.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
        }
    };

    private final boolean off;
    private final Tracer tracer;
    private final TextMapPropagator propagator;

    CallSpans(OpenTelemetry telemetry, @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean off) {
        this.off = off;
        this.tracer = telemetry.getTracer("dev.crossdev");
        this.propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String service = call.getMethodDescriptor().getServiceName();
        if (off || service == null || service.startsWith("grpc.")) {
            return next.startCall(call, headers);
        }
        // The names are OpenTelemetry's conventions for RPC.
        Span span = tracer.spanBuilder(call.getMethodDescriptor().getFullMethodName())
                .setParent(propagator.extract(Context.root(), headers, HEADERS))
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("rpc.system", "grpc")
                .setAttribute("rpc.service", service)
                .setAttribute(
                        "rpc.method", String.valueOf(call.getMethodDescriptor().getBareMethodName()))
                .startSpan();
        try (Scope _ = span.makeCurrent()) {
            return new SpannedListener<>(next.startCall(new SpannedCall<>(call, span), headers), span);
        } catch (RuntimeException e) {
            span.recordException(e);
            span.end();
            throw e;
        }
    }

    /** Inside of all that ends calls, outside of the extension's meters. */
    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 3;
    }

    private static final class SpannedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final Span span;

        SpannedCall(ServerCall<Q, A> call, Span span) {
            super(call);
            this.span = span;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            span.setAttribute("rpc.grpc.status_code", status.getCode().value());
            if (!status.isOk()) {
                span.setStatus(StatusCode.ERROR, status.getCode().name());
            }
            super.close(status, trailers);
        }
    }

    private static final class SpannedListener<Q> extends ServerCall.Listener<Q> {
        private final ServerCall.Listener<Q> listener;
        private final Span span;

        SpannedListener(ServerCall.Listener<Q> listener, Span span) {
            this.listener = listener;
            this.span = span;
        }

        @Override
        public void onMessage(Q message) {
            inSpan(() -> listener.onMessage(message));
        }

        @Override
        public void onHalfClose() {
            inSpan(listener::onHalfClose);
        }

        @Override
        public void onReady() {
            inSpan(listener::onReady);
        }

        @Override
        public void onComplete() {
            try {
                inSpan(listener::onComplete);
            } finally {
                span.end();
            }
        }

        @Override
        public void onCancel() {
            span.setStatus(StatusCode.ERROR, Status.Code.CANCELLED.name());
            try {
                inSpan(listener::onCancel);
            } finally {
                span.end();
            }
        }

        private void inSpan(Runnable event) {
            try (Scope _ = span.makeCurrent()) {
                event.run();
            }
        }
    }
}
