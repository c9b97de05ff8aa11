package dev.crossdev.service.console;

import dev.crossdev.service.console.Snapshot.Versioned;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One stream of server-sent events. What it has not been told waits nowhere: when it reads too slowly it is told later, and
 * then how things stand by then.
 */
final class Browser {

    /** A line at least as often, so that either side notices when the other is gone. */
    private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** One that has read nothing for so long is gone, or as good as. */
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Context context;
    private final HttpServerResponse response;
    private final AtomicReference<@Nullable Snapshot> next = new AtomicReference<>();
    private volatile long registrationsSeen;

    /** The rest only on the context's thread. */
    private final Map<Section, Long> seen = new EnumMap<>(Section.class);

    private long lastWritten = System.nanoTime();
    private boolean ended;

    /** @param context of the request: what is written is written there */
    Browser(Context context, HttpServerResponse response) {
        this.context = context;
        this.response = response;
    }

    /** Up to which version it has been told of registrations. */
    long registrationsSeen() {
        return registrationsSeen;
    }

    /** Tells it how things stand, as soon as it reads; from any thread, without waiting. */
    void tell(Snapshot snapshot) {
        if (next.getAndSet(snapshot) == null) {
            context.runOnContext(_ -> write());
        }
    }

    /** Says goodbye; from any thread. */
    void end() {
        context.runOnContext(_ -> {
            if (!ended) {
                ended = true;
                response.end("event: bye\ndata: {}\n\n");
            }
        });
    }

    /** It has gone away by itself. On the context's thread. */
    void gone() {
        ended = true;
    }

    private void write() {
        Snapshot snapshot = next.getAndSet(null);
        if (ended || snapshot == null) {
            return;
        }
        long now = System.nanoTime();
        if (response.writeQueueFull()) {
            if (now - lastWritten > STUCK_NANOS) {
                ended = true;
                response.reset();
            }
            return;
        }
        Buffer news = Buffer.buffer();
        if (seen.isEmpty() || now - lastWritten > BEAT_NANOS) {
            append(news, "clock", snapshot.clock());
        }
        snapshot.sections().forEach((section, versioned) -> appendIfNew(news, section, versioned));
        byte[] registrations = snapshot.registrations().get(registrationsSeen);
        if (registrations != null) {
            append(news, "registrations", registrations);
            registrationsSeen = snapshot.registrationsVersion();
        }
        if (news.length() > 0) {
            lastWritten = now;
            response.write(news);
        }
    }

    private void appendIfNew(Buffer news, Section section, Versioned versioned) {
        Long before = seen.put(section, versioned.since());
        if (before == null || before != versioned.since()) {
            append(news, section.event(), versioned.json());
        }
    }

    private static void append(Buffer news, String event, byte[] json) {
        news.appendString("event: ")
                .appendString(event)
                .appendString("\ndata: ")
                .appendBytes(json)
                .appendString("\n\n");
    }
}
