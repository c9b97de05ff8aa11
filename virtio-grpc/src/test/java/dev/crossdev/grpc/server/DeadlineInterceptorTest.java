package dev.crossdev.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DeadlineInterceptorTest {

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final DeadlineInterceptor interceptor = new DeadlineInterceptor(timer);
    private final List<Context> seen = new ArrayList<>();

    DeadlineInterceptorTest() {
        timer.setRemoveOnCancelPolicy(true);
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @ParameterizedTest
    @CsvSource({
        "1H, 3600000000000",
        "2M, 120000000000",
        "3S, 3000000000",
        "300m, 300000000",
        "40u, 40000",
        "5n, 5",
        "99999999S, 99999999000000000"
    })
    void everyUnitIsRead(String text, long nanos) {
        Deadline deadline = DeadlineInterceptor.timeout(headers(text)).orElseThrow();

        assertThat(deadline.timeRemaining(TimeUnit.NANOSECONDS)).isLessThanOrEqualTo(nanos);
        assertThat(deadline.timeRemaining(TimeUnit.NANOSECONDS)).isGreaterThan(nanos - 10_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "S", "1", "1x", "-1S", "1.5S", "123456789S", " 1S", "1 S", "aS"})
    void whatMakesNoSenseCountsAsNone(String text) {
        assertThat(DeadlineInterceptor.timeout(headers(text))).isEmpty();
    }

    @Test
    void aCallRunsUnderItsCallersDeadline() {
        begin("20S");

        Deadline deadline = Objects.requireNonNull(seen.getFirst().getDeadline());
        assertThat(deadline.timeRemaining(TimeUnit.MILLISECONDS)).isBetween(1L, 20_000L);
    }

    @Test
    void theContextIsCancelledWhenTheDeadlineHasCome() {
        begin("30m");

        await().atMost(Duration.ofSeconds(20)).until(seen.getFirst()::isCancelled);
        assertThat(Status.fromThrowable(Objects.requireNonNull(seen.getFirst().cancellationCause()))
                        .getCode())
                .isNotEqualTo(Status.Code.OK);
    }

    @Test
    void theTimerGoesWithTheCall() {
        begin("99999999S").onComplete();

        assertThat(seen.getFirst().isCancelled()).isTrue();
        await().atMost(Duration.ofSeconds(20)).until(() -> timer.getQueue().isEmpty());
    }

    @Test
    void aCancelledCallCancelsItsContextAfterTheServiceHeardOfIt() {
        var listener = begin(null);
        assertThat(seen.getFirst().isCancelled()).isFalse();

        listener.onCancel();

        assertThat(seen.getFirst().isCancelled()).isTrue();
    }

    @Test
    void aContextThatHasADeadlineKeepsIt() throws Exception {
        Context.CancellableContext own = Context.ROOT.withDeadlineAfter(5, TimeUnit.SECONDS, timer);
        try {
            own.call(() -> begin("1H"));

            assertThat(Objects.requireNonNull(seen.getFirst().getDeadline()).timeRemaining(TimeUnit.SECONDS))
                    .isLessThanOrEqualTo(5);
        } finally {
            own.cancel(null);
        }
    }

    @Test
    void aLeftOverContextThatIsCancelledIsNotPassedOn() throws Exception {
        Context.CancellableContext stale = Context.ROOT.withCancellation();
        stale.cancel(null);

        stale.call(() -> begin("20S"));

        assertThat(seen.getFirst().isCancelled()).isFalse();
        assertThat(seen.getFirst().getDeadline()).isNotNull();
    }

    private io.grpc.ServerCall.Listener<String> begin(@Nullable String timeout) {
        return interceptor.interceptCall(
                new RecordingCall(), timeout == null ? new Metadata() : headers(timeout), (_, _) -> {
                    seen.add(Context.current());
                    return new io.grpc.ServerCall.Listener<>() {};
                });
    }

    private static Metadata headers(String timeout) {
        Metadata headers = new Metadata();
        headers.put(DeadlineInterceptor.TIMEOUT, timeout);
        return headers;
    }
}
