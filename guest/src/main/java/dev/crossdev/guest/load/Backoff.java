package dev.crossdev.guest.load;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts: each twice as long as the one before, up to a limit, and of each a random share between half and
 * all, so that many guests that lost the same service do not come back together. Not thread-safe.
 */
final class Backoff {

    static final Duration FIRST = Duration.ofMillis(100);
    static final Duration LONGEST = Duration.ofSeconds(5);

    private final RandomGenerator random;
    private Duration next = FIRST;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    Duration next() {
        Duration pause = next;
        next = pause.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : pause.multipliedBy(2);
        return Duration.ofNanos(random.nextLong(pause.toNanos() / 2, pause.toNanos() + 1));
    }

    /** An attempt succeeded. */
    void reset() {
        next = FIRST;
    }
}
