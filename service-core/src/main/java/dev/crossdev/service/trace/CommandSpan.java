package dev.crossdev.service.trace;

import dev.crossdev.service.house.CommandTrace;
import dev.crossdev.service.house.RegistrationAnswer;
import dev.crossdev.virtio.timing.WallClock;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A command's own span: from its coming to the device until the device's answer, both by the times that go back to the guest.
 * Injected transit is outside of it, on either side. A command that is never answered, because its device was reset or went
 * away, has no end and so no span: its sender's says what became of it.
 */
final class CommandSpan implements CommandTrace {

    private final WallClock clock = WallClock.now();
    private final SpanBuilder builder;
    private final Context sender;

    /** With the span in it, once the device has the command. */
    private volatile Context context;

    CommandSpan(SpanBuilder builder, Context sender) {
        this.builder = builder;
        this.sender = sender;
        this.context = Context.root();
    }

    @Override
    public void atDevice(long receivedNanos, Runnable take) {
        Span span = builder.setStartTimestamp(clock.at(receivedNanos), TimeUnit.NANOSECONDS)
                .startSpan();
        context = sender.with(span);
        try (Scope _ = context.makeCurrent()) {
            take.run();
        }
    }

    @Override
    public void answered(
            String result, @Nullable RegistrationAnswer registration, long answeredNanos, Runnable recording) {
        Context of = context;
        Span span = Span.fromContext(of);
        // An injected fault may answer twice; the first answer ended it.
        if (span.isRecording()) {
            span.setAttribute("virtio.result", result);
            if (result.startsWith("ERR_")) {
                span.setStatus(StatusCode.ERROR, result);
            }
            if (registration != null) {
                span.setAttribute("virtio.resource", Integer.toUnsignedLong(registration.resourceId()));
                registration.uuid().ifPresent(uuid -> span.setAttribute("virtio.uuid", uuid.toString()));
            }
            span.end(clock.at(answeredNanos), TimeUnit.NANOSECONDS);
        }
        try (Scope _ = of.makeCurrent()) {
            recording.run();
        }
    }
}
