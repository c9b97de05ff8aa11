package dev.crossdev.dmabuf.fence;

import static dev.crossdev.dmabuf.fence.FenceTableTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimelineTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofNanos(1);

    private final Timeline timeline = new Timeline("decoder");

    @Test
    void aFenceSignalsOnce() {
        TimelineFence fence = timeline.begin(LONG);
        assertThat(fence.signalled()).isFalse();
        assertThat(fence.error()).isEmpty();
        assertThat(fence).hasToString("fence decoder#1");

        assertThat(fence.signal()).isTrue();
        assertThat(fence.signal(Errno.EIO)).isFalse();
        assertThat(fence.signalled()).isTrue();
        assertThat(fence.error()).isEmpty();
        fence.await(Duration.ZERO);
        assertThat(timeline.pending()).isZero();
    }

    @Test
    void anErrorIsKeptAndAWaitEndsAllTheSame() {
        TimelineFence fence = timeline.begin(LONG);
        fence.signal(Errno.EIO);
        fence.await(LONG);
        assertThat(fence.error()).contains(Errno.EIO);
    }

    @Test
    void whatWasBegunBeforeHasSignalledToo() {
        TimelineFence first = timeline.begin(LONG);
        TimelineFence second = timeline.begin(LONG);
        TimelineFence third = timeline.begin(LONG);

        second.signal(Errno.EIO);

        assertThat(first.signalled()).isTrue();
        assertThat(first.error()).isEmpty();
        assertThat(second.error()).contains(Errno.EIO);
        assertThat(third.signalled()).isFalse();
        assertThat(timeline.pending()).isOne();
    }

    @Test
    void aFencePastItsDeadlineHasSignalledWithAnErrorAndSaysNothingOfOthers() {
        TimelineFence before = timeline.begin(LONG);
        TimelineFence late = timeline.begin(SHORT);
        late.await(LONG);

        assertThat(late.error()).contains(Errno.ETIMEDOUT);
        assertThat(late.signal()).isFalse();
        assertThat(before.signalled()).isFalse();
        assertThat(timeline.pending()).isOne();
    }

    @Test
    void aCallbackHearsOfTheDeadlineToo() {
        List<Optional<Errno>> heard = new CopyOnWriteArrayList<>();
        TimelineFence late = timeline.begin(Duration.ofMillis(2));
        late.onSignalled(heard::add);
        late.onSignalled(heard::add);

        await().until(() -> heard.size() == 2);
        assertThat(heard).containsOnly(Optional.of(Errno.ETIMEDOUT));
        assertThat(late.waiters()).isZero();
    }

    @Test
    void aCallbackOfASignalledFenceRunsAtOnce() {
        List<Optional<Errno>> heard = new ArrayList<>();
        TimelineFence fence = timeline.begin(LONG);
        Subscription closed = fence.onSignalled(heard::add);
        fence.onSignalled(heard::add);
        closed.close();
        assertThat(fence.waiters()).isOne();
        fence.signal();
        assertThat(heard).containsExactly(Optional.empty());
        fence.onSignalled(heard::add);
        assertThat(heard).hasSize(2);
    }

    @Test
    void aDeadHoldersFencesSignalWithEnodevAndThereAreNoNewOnes() {
        TimelineFence done = timeline.begin(LONG);
        done.signal();
        TimelineFence pending = timeline.begin(LONG);

        timeline.close();

        assertThat(done.error()).isEmpty();
        assertThat(pending.error()).contains(Errno.ENODEV);
        assertErrno(Errno.ENODEV, () -> timeline.begin(LONG));
        assertThat(timeline).hasToString("decoder");
    }

    @Test
    void aHoldIsPositive() {
        assertErrno(Errno.EINVAL, () -> timeline.begin(Duration.ZERO));
        assertErrno(Errno.EINVAL, () -> timeline.begin(Duration.ofSeconds(-1)));
    }

    @Test
    void aZeroTimeoutLooksAndDoesNotWait() {
        TimelineFence fence = timeline.begin(LONG);
        assertErrno(Errno.ETIMEDOUT, () -> fence.await(Duration.ZERO));
        assertErrno(Errno.ETIMEDOUT, () -> fence.await(Duration.ofSeconds(-1)));
    }

    @Test
    void anInterruptEndsAWait() {
        TimelineFence fence = timeline.begin(LONG);
        Thread.currentThread().interrupt();
        assertErrno(Errno.EINTR, () -> fence.await(LONG));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(fence.waiters()).isZero();
    }

    @Test
    void nothingToWaitForHasSignalled() {
        List<Optional<Errno>> heard = new ArrayList<>();
        Fence stub = Fence.stub();

        assertThat(Fence.merge(List.of())).isSameAs(stub);
        assertThat(stub.signalled()).isTrue();
        assertThat(stub.error()).isEmpty();
        assertThat(stub.parts()).isEmpty();
        assertThat(stub.owner()).isEqualTo("stub");
        assertThat(stub).hasToString("stub fence");
        stub.await(Duration.ZERO);
        stub.onSignalled(heard::add).close();
        assertThat(heard).containsExactly(Optional.empty());
    }

    @Test
    void mergedFencesSignalWithTheLastOfThemAndTheFirstError() {
        TimelineFence one = new Timeline("one").begin(LONG);
        TimelineFence two = new Timeline("two").begin(LONG.multipliedBy(2));
        TimelineFence three = new Timeline("three").begin(LONG);
        Fence merged = Fence.merge(List.of(Fence.merge(List.of(one, two)), three));
        List<Optional<Errno>> heard = new ArrayList<>();
        merged.onSignalled(heard::add);
        merged.onSignalled(heard::add).close();

        assertThat(merged.parts()).containsExactly(one, two, three);
        assertThat(merged.owner()).isEqualTo("one+two+three");
        assertThat(merged.sequence()).isZero();
        assertThat(merged.deadline()).isEqualTo(two.deadline());
        assertErrno(Errno.ETIMEDOUT, () -> merged.await(Duration.ZERO));
        three.signal(Errno.EIO);
        one.signal();
        assertThat(merged.signalled()).isFalse();
        assertThat(merged.error()).isEmpty();
        assertThat(heard).isEmpty();
        two.signal(Errno.ENODEV);

        merged.await(Duration.ZERO);
        assertThat(merged.error()).contains(Errno.ENODEV);
        assertThat(heard).containsExactly(Optional.of(Errno.ENODEV));
        assertThat(Fence.merge(List.of(one))).isSameAs(one);
    }

    @Test
    void whoeverComesFirstOfSignalAndDeadlineAndDeathWinsAndAllAgree() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 2_000; round++) {
                Timeline own = new Timeline("racer");
                TimelineFence fence = own.begin(Duration.ofNanos(20_000));
                CompletableFuture<Optional<Errno>> heard = new CompletableFuture<>();
                fence.onSignalled(heard::complete);
                Future<Boolean> signal = threads.submit(() -> fence.signal());
                Future<?> death = threads.submit(own::close);
                Future<?> waiter = threads.submit(() -> fence.await(LONG));
                signal.get();
                death.get();
                waiter.get();
                assertThat(heard.get(30, TimeUnit.SECONDS)).isEqualTo(fence.error());
                assertThat(signal.get()).isEqualTo(fence.error().isEmpty());
                assertThat(own.pending()).isZero();
            }
        }
    }
}
