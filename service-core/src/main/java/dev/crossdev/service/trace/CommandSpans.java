package dev.crossdev.service.trace;

import dev.crossdev.service.house.CommandTrace;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.capture.CommandOrigin;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * A span for each command whose sender put it in a trace. Which commands those are is the sender's choice: a registration's
 * are worth a span each, a frame's are not. Any other command stays in the span of the call that brought it, so that its
 * timer has an exemplar whatever thread answers it. With tracing off a command costs one look at a field.
 */
@Singleton
public final class CommandSpans {

    private static final TextMapGetter<TraceContext> FIELDS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(TraceContext trace) {
            return List.of("traceparent", "tracestate");
        }

        @Override
        public @Nullable String get(@Nullable TraceContext trace, String key) {
            if (trace == null) {
                return null;
            }
            return switch (key) {
                case "traceparent" -> trace.traceparent();
                case "tracestate" -> trace.tracestate().isEmpty() ? null : trace.tracestate();
                default -> null;
            };
        }
    };

    private final boolean off;
    private final Tracer tracer;

    public CommandSpans(OpenTelemetry telemetry, @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean off) {
        this.off = off;
        this.tracer = telemetry.getTracer("dev.crossdev");
    }

    /**
     * A command is about to be given to a device.
     *
     * @param type of the device: {@code gpu} or {@code video}
     * @param command its name
     * @return null when there is nothing to trace
     */
    public @Nullable CommandTrace taken(String type, DeviceKey device, String command, CommandOrigin origin) {
        if (off) {
            return null;
        }
        TraceContext trace = origin.trace();
        if (!trace.isPresent()) {
            return isTrace(Context.current()) ? new CallersSpan(Context.current()) : null;
        }
        // What is malformed leaves the context as it was (W3C Trace Context, 4.3).
        Context sender = W3CTraceContextPropagator.getInstance().extract(Context.root(), trace, FIELDS);
        if (!isTrace(sender)) {
            return null;
        }
        SpanBuilder span = tracer.spanBuilder(command)
                .setParent(sender)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("virtio.device.type", type)
                .setAttribute("virtio.guest", device.guest())
                .setAttribute("virtio.device", device.device())
                .setAttribute("virtio.sequence", origin.sequence());
        return new CommandSpan(span, sender);
    }

    private static boolean isTrace(Context context) {
        return Span.fromContext(context).getSpanContext().isValid();
    }
}
