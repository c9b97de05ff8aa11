package dev.crossdev.service.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RepeatLimiterTest {

    private static final int MOST = 3;
    private static final long INTERVAL = 100;

    private long now;
    private final RepeatLimiter<String> limiter = new RepeatLimiter<>(MOST, INTERVAL, 2, "the rest", () -> now);

    @Test
    void theFirstFewOfAKindPassAndTheOthersAreCounted() {
        assertThat(IntStream.range(0, 1000).filter(_ -> limiter.next("a").passes()))
                .hasSize(MOST);
        assertThat(limiter.end("a")).isEqualTo(1000 - MOST);
        assertThat(limiter.next("a").passes()).isTrue();
    }

    @Test
    void onlyTheFirstThatIsHeldBackAsksForAnEnd() {
        assertThat(IntStream.range(0, 1000).filter(_ -> limiter.next("a").firstHeld()))
                .hasSize(1);
    }

    @Test
    void kindsDoNotTakeFromEachOther() {
        IntStream.range(0, 1000).forEach(_ -> limiter.next("a"));
        assertThat(limiter.next("b").passes()).isTrue();
    }

    @Test
    void aSlowTrickleIsNeverHeldBack() {
        for (int i = 0; i < 1000; i++) {
            assertThat(limiter.next("a").passes()).isTrue();
            now += INTERVAL / MOST + 1;
        }
    }

    @Test
    void whoInventsKindsGetsNoMoreThanOneOfThem() {
        limiter.next("a");
        limiter.next("b");
        assertThat(IntStream.range(0, 1000).filter(i -> limiter.next("x" + i).passes()))
                .hasSize(MOST);
        assertThat(limiter.end("the rest")).isEqualTo(1000 - MOST);
    }

    @Test
    void whatHasBeenQuietMakesRoom() {
        limiter.next("a");
        limiter.next("b");
        now += INTERVAL;
        assertThat(limiter.next("c").kind()).isEqualTo("c");
    }

    @Test
    void aKindThatHeldSomethingBackStaysUntilItIsEnded() {
        IntStream.range(0, 10).forEach(_ -> limiter.next("a"));
        limiter.next("b");
        now += INTERVAL;
        limiter.next("c");
        assertThat(limiter.end("a")).isEqualTo(10 - MOST);
    }
}
