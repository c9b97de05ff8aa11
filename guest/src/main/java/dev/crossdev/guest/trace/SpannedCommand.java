package dev.crossdev.guest.trace;

import dev.crossdev.guest.timeline.RegistrationTrace.Sent;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.timing.WallClock;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A command of a registration, from when it is sent until its answer is handled. */
final class SpannedCommand implements Sent {

    private final Span span;
    private final WallClock clock;
    private final long begun = System.nanoTime();
    private boolean ended;
    private long end = begun;

    /** @param span started */
    SpannedCommand(Span span, WallClock clock) {
        this.span = span;
        this.clock = clock;
    }

    @Override
    public TraceContext context() {
        Map<String, String> fields = HashMap.newHashMap(2);
        W3CTraceContextPropagator.getInstance().inject(Context.root().with(span), fields, (all, key, value) -> {
            if (all != null) {
                all.put(key, value);
            }
        });
        return new TraceContext(fields.getOrDefault("traceparent", ""), fields.getOrDefault("tracestate", ""));
    }

    @Override
    public synchronized void ended(@Nullable Throwable failure) {
        if (ended) {
            return;
        }
        ended = true;
        end = System.nanoTime();
        if (failure != null) {
            span.setStatus(StatusCode.ERROR, String.valueOf(failure.getMessage()));
        }
        span.end(clock.at(end), TimeUnit.NANOSECONDS);
    }

    synchronized void endUnanswered() {
        if (!ended) {
            span.setStatus(StatusCode.ERROR, "never answered");
            ended(null);
        }
    }

    synchronized long endNanos() {
        return end;
    }
}
