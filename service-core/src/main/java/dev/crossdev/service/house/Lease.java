package dev.crossdev.service.house;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** How long a device without an owner still lives. Each has an identity: a renewed lease is another one. */
final class Lease {

    private final Instant endsAt;
    private @Nullable Future<?> timer;

    Lease(Duration length) {
        this.endsAt = Instant.now().plus(length);
    }

    /** For people; what counts is the timer, which a change of the clock does not touch. */
    Instant endsAt() {
        return endsAt;
    }

    /** To be told once, by whoever starts the timer that ends the device. */
    void runsOn(Future<?> started) {
        timer = started;
    }

    void cancel() {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
