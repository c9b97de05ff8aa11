package dev.crossdev.dmabuf.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OneShotTest {
    private final OneShot<String> shot = new OneShot<>();
    private final List<Integer> seen = new ArrayList<>();

    @Test
    void theFirstValueStays() {
        assertThat(shot.peek()).isEmpty();
        assertThat(shot.await(Duration.ZERO)).isEmpty();
        assertThat(shot.set("one")).isTrue();
        assertThat(shot.set("two")).isFalse();
        assertThat(shot.await(Duration.ZERO)).contains("one");
        assertThat(shot.peek()).contains("one");
    }

    @Test
    void callbacksRunInTheOrderInWhichTheyCame() {
        for (int i = 0; i < 5; i++) {
            int number = i;
            shot.onSet(_ -> seen.add(number));
        }
        assertThat(shot.waiters()).isEqualTo(5);

        shot.set("now");

        assertThat(seen).containsExactly(0, 1, 2, 3, 4);
        assertThat(shot.waiters()).isZero();
    }

    @Test
    void aClosedSubscriptionIsTakenOutWhereverItStands() {
        for (int gone = 0; gone < 4; gone++) {
            OneShot<String> each = new OneShot<>();
            List<Integer> ran = new ArrayList<>();
            List<Subscription> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int number = i;
                all.add(each.onSet(_ -> ran.add(number)));
            }
            all.get(gone).close();
            all.get(gone).close();
            assertThat(each.waiters()).isEqualTo(3);
            each.set("now");
            List<Integer> expected = new ArrayList<>(List.of(0, 1, 2, 3));
            expected.remove(Integer.valueOf(gone));
            assertThat(ran).isEqualTo(expected);
        }
    }

    @Test
    void aCallbackMayTakeAnotherOutThatHasNotRun() {
        List<Subscription> later = new ArrayList<>();
        shot.onSet(_ -> later.forEach(Subscription::close));
        later.add(shot.onSet(_ -> seen.add(1)));
        Subscription last = shot.onSet(_ -> seen.add(2));

        shot.set("now");
        last.close();

        assertThat(seen).containsExactly(2);
    }

    @Test
    void aCallbackThatFailsStopsNoOther() {
        shot.onSet(_ -> {
            throw new IllegalStateException("on purpose");
        });
        shot.onSet(_ -> seen.add(1));

        shot.set("now");

        assertThat(seen).containsExactly(1);
    }

    @Test
    void onceItIsThereCallbacksRunAtOnce() {
        shot.set("now");
        shot.onSet(_ -> seen.add(1)).close();
        assertThat(seen).containsExactly(1);
    }

    @Test
    void anInterruptEndsTheWaitAndIsKept() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> shot.await(Duration.ofSeconds(30)))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINTR));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(shot.waiters()).isZero();
    }

    @Test
    void aHundredThousandCallbacksOfOneShotLeaveInAnyOrder() {
        List<Subscription> all = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 100_000; i++) {
            all.add(shot.onSet(_ -> ran.incrementAndGet()));
        }
        java.util.Collections.shuffle(all, new Random(7));
        all.subList(0, 60_000).forEach(Subscription::close);
        assertThat(shot.waiters()).isEqualTo(40_000);

        shot.set("now");

        assertThat(ran).hasValue(40_000);
    }

    @Test
    void aSubscriptionThatIsClosedWhileTheValueComesRunsOnceOrNever() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < 5_000; round++) {
                OneShot<String> each = new OneShot<>();
                AtomicInteger ran = new AtomicInteger();
                AtomicInteger neighbour = new AtomicInteger();
                Subscription mine = each.onSet(_ -> ran.incrementAndGet());
                each.onSet(_ -> neighbour.incrementAndGet());
                Future<?> closing = threads.submit(mine::close);
                Future<?> setting = threads.submit(() -> each.set("now"));
                closing.get();
                setting.get();
                assertThat(ran.get()).isBetween(0, 1);
                assertThat(neighbour).hasValue(1);
                assertThat(each.waiters()).isZero();
            }
        }
    }
}
