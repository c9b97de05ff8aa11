package dev.crossdev.dmabuf.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void endsAtItsDeadlineAndNotBefore() {
        long start = System.nanoTime();
        Backoff backoff = new Backoff(Deadline.after(Duration.ofMillis(20)));
        int pauses = 0;
        while (backoff.pause()) {
            pauses++;
        }
        assertThat(System.nanoTime() - start)
                .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
        // Parks grow: a loop that only spun would come here far more often.
        assertThat(pauses).isLessThan(64 + 1_000);
    }

    @Test
    void doesNotPauseAtAllWhenTheDeadlineHasPassed() {
        assertThat(new Backoff(Deadline.after(Duration.ZERO)).pause()).isFalse();
        assertThat(new Backoff(Deadline.after(Duration.ofSeconds(-1))).pause()).isFalse();
    }

    @Test
    void aVeryLongWaitDoesNotOverflowIntoThePast() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE));

        assertThat(deadline.passed()).isFalse();
        assertThat(deadline.remainingNanos())
                .isGreaterThan(Duration.ofDays(3650).toNanos());
    }
}
