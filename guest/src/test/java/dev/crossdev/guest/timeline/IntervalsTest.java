package dev.crossdev.guest.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.crossdev.guest.timeline.Intervals.Interval;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntervalsTest {

    @Test
    void nothingHasNoLength() {
        assertThat(Intervals.unionLength(List.of())).isZero();
        assertThat(Intervals.union(List.of(new Interval(5, 5)))).isEmpty();
    }

    @Test
    void intervalsApartAdd() {
        assertThat(Intervals.unionLength(List.of(new Interval(30, 35), new Interval(10, 20))))
                .isEqualTo(15);
    }

    @Test
    void twoWhoWaitAtOnceWaitedOnce() {
        assertThat(Intervals.unionLength(List.of(new Interval(10, 20), new Interval(10, 20))))
                .isEqualTo(10);
        assertThat(Intervals.unionLength(List.of(new Interval(10, 20), new Interval(15, 30))))
                .isEqualTo(20);
        assertThat(Intervals.unionLength(List.of(new Interval(10, 40), new Interval(15, 30), new Interval(39, 41))))
                .isEqualTo(31);
    }

    @Test
    void intervalsThatTouchBecomeOne() {
        assertThat(Intervals.union(List.of(new Interval(20, 30), new Interval(10, 20))))
                .containsExactly(new Interval(10, 30));
    }

    @Test
    void anIntervalCannotEndBeforeItStarts() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Interval(2, 1));
    }

    @Test
    void theUnionCoversTheSameInstantsAsItsParts() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            BitSet instants = new BitSet();
            List<Interval> parts = new ArrayList<>();
            for (int part = random.nextInt(12); part >= 0; part--) {
                int start = random.nextInt(200);
                int end = start + random.nextInt(40);
                parts.add(new Interval(start, end));
                instants.set(start, end);
            }
            Collections.shuffle(parts, random);
            List<Interval> union = Intervals.union(parts);
            BitSet covered = new BitSet();
            union.forEach(each -> covered.set((int) each.startNanos(), (int) each.endNanos()));
            assertThat(covered).isEqualTo(instants);
            assertThat(Intervals.unionLength(parts)).isEqualTo(instants.cardinality());
            for (int i = 1; i < union.size(); i++) {
                assertThat(union.get(i).startNanos())
                        .isGreaterThan(union.get(i - 1).endNanos());
            }
        }
    }
}
