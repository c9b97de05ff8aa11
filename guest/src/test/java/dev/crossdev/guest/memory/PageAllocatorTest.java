package dev.crossdev.guest.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PageAllocatorTest {

    private static final long PAGE = 4096;

    private final PageAllocator pages = new PageAllocator(64 * PAGE, PAGE);

    private record Run(long offset, long bytes) {
        long end() {
            return offset + (bytes + PAGE - 1) / PAGE * PAGE;
        }
    }

    @Test
    void nobodyGetsHalfAPage() {
        assertThat(pages.take(1)).hasValue(0);
        assertThat(pages.take(PAGE + 1)).hasValue(PAGE);
        assertThat(pages.take(0)).hasValue(3 * PAGE);
        assertThat(pages.freeBytes()).isEqualTo(60 * PAGE);
    }

    @Test
    void whatDoesNotFitIsRefusedAndTakesNothing() {
        assertThat(pages.take(65 * PAGE)).isEmpty();
        assertThat(pages.take(64 * PAGE)).hasValue(0);
        assertThat(pages.take(1)).isEmpty();
    }

    @Test
    void freeingTwiceIsNoticed() {
        pages.take(PAGE);
        pages.giveBack(0, PAGE);
        assertThatThrownBy(() -> pages.giveBack(0, PAGE)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void runsNeverOverlapAndComeTogetherAgain() {
        Random random = new Random(11);
        List<Run> taken = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (random.nextBoolean() && !taken.isEmpty()) {
                Run run = taken.remove(random.nextInt(taken.size()));
                pages.giveBack(run.offset(), run.bytes());
            } else {
                long bytes = random.nextLong(6 * PAGE) + 1;
                pages.take(bytes).ifPresent(offset -> {
                    Run run = new Run(offset, bytes);
                    assertThat(taken).noneMatch(other -> run.offset() < other.end() && other.offset() < run.end());
                    assertThat(run.end()).isLessThanOrEqualTo(64 * PAGE);
                    taken.add(run);
                });
            }
        }
        taken.forEach(run -> pages.giveBack(run.offset(), run.bytes()));
        assertThat(pages.take(64 * PAGE)).hasValue(0);
    }
}
