package dev.crossdev.guest.trace;

import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.RegistrationTrace;
import dev.crossdev.guest.timeline.WaitPlace;
import dev.crossdev.virtio.timing.WallClock;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A registration as a span over the spans of its phases. Commands are spans from when they are sent, because they carry their
 * span's context; all else is added in the end, from what the timeline noted.
 */
final class SpannedRegistration implements RegistrationTrace {

    private final Tracer tracer;
    private final SpanBuilder registration;
    private final WallClock clock = WallClock.now();
    private final List<SpannedCommand> commands = new ArrayList<>();
    private @Nullable Span root;

    SpannedRegistration(Tracer tracer, SpanBuilder registration) {
        this.tracer = tracer;
        this.registration = registration;
    }

    @Override
    public synchronized Sent sends(String command) {
        long now = System.nanoTime();
        Span parent = root;
        if (parent == null) {
            parent = registration
                    .setStartTimestamp(clock.at(now), TimeUnit.NANOSECONDS)
                    .startSpan();
            root = parent;
        }
        SpannedCommand sent = new SpannedCommand(
                phase(parent, command, now).setSpanKind(SpanKind.CLIENT).startSpan(), clock);
        commands.add(sent);
        return sent;
    }

    @Override
    public synchronized void end(BufferTimeline timeline) {
        Span span = root;
        if (span == null) {
            // Nothing was ever sent: there is no registration.
            return;
        }
        commands.forEach(SpannedCommand::endUnanswered);
        BufferTimes times = timeline.times();
        long start = timeline.clock().start();
        times.waits().stream()
                .filter(wait -> wait.where() != WaitPlace.GET_UUID)
                .forEach(wait -> phase(
                        span,
                        "blocked in " + wait.where().text(),
                        start + wait.interval().startNanos(),
                        start + wait.interval().endNanos()));
        phase(span, "get_uuid", times, start, Moment.GET_UUID_CALLED, Moment.GET_UUID_RETURNED);
        phase(span, "first frame", times, start, Moment.IMPORTED, Moment.FIRST_FRAME);
        describe(span, timeline, times);
        long end = times.moments().values().stream()
                .mapToLong(moment -> start + moment)
                .reduce(lastAnswer(), SpannedRegistration::later);
        span.end(clock.at(end), TimeUnit.NANOSECONDS);
    }

    private static void describe(Span span, BufferTimeline timeline, BufferTimes times) {
        span.setAttribute("virtio.resource", Integer.toUnsignedLong(timeline.resourceId()));
        timeline.uuid().ifPresent(uuid -> span.setAttribute("virtio.uuid", uuid.toString()));
        times.roundTripNanos().ifPresent(nanos -> span.setAttribute("crossdev.round_trip_ns", nanos));
        span.setAttribute("crossdev.blocked_ns", times.blockedNanos());
        times.hiddenNanos().ifPresent(nanos -> span.setAttribute("crossdev.hidden_ns", nanos));
        if (!times.registered()) {
            span.setStatus(StatusCode.ERROR, "there is no UUID");
        } else if (times.at(Moment.IMPORTED).isEmpty()) {
            span.setStatus(StatusCode.ERROR, "it was never imported");
        }
    }

    private long lastAnswer() {
        return commands.stream()
                .mapToLong(SpannedCommand::endNanos)
                .reduce(clock.nanoTime(), SpannedRegistration::later);
    }

    private void phase(Span parent, String name, BufferTimes times, long start, Moment from, Moment to) {
        OptionalLong began = times.at(from);
        OptionalLong ended = times.at(to);
        if (began.isPresent() && ended.isPresent()) {
            phase(parent, name, start + began.getAsLong(), start + ended.getAsLong());
        }
    }

    private void phase(Span parent, String name, long from, long to) {
        phase(parent, name, from).startSpan().end(clock.at(to), TimeUnit.NANOSECONDS);
    }

    private SpanBuilder phase(Span parent, String name, long from) {
        return tracer.spanBuilder(name)
                .setParent(Context.root().with(parent))
                .setStartTimestamp(clock.at(from), TimeUnit.NANOSECONDS);
    }

    /** Of two nanoTimes, which may wrap. */
    private static long later(long one, long other) {
        return other - one > 0 ? other : one;
    }
}
