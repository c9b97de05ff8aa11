package dev.crossdev.guest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(new Random(7));

    @Test
    void eachPauseIsAtMostTwiceTheOneBeforeAndNoneLongerThanTheLimit() {
        Duration bound = Backoff.FIRST;
        for (int attempt = 0; attempt < 20; attempt++) {
            assertThat(backoff.next()).isBetween(bound.dividedBy(2), bound);
            bound = bound.multipliedBy(2).compareTo(Backoff.LONGEST) > 0 ? Backoff.LONGEST : bound.multipliedBy(2);
        }
        assertThat(bound).isEqualTo(Backoff.LONGEST);
    }

    @Test
    void aSuccessBeginsAnew() {
        for (int attempt = 0; attempt < 20; attempt++) {
            assertThat(backoff.next()).isPositive();
        }
        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(Backoff.FIRST);
    }
}
