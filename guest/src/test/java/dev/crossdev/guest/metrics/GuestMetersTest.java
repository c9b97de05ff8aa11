package dev.crossdev.guest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.BufferTimes.Wait;
import dev.crossdev.guest.timeline.Intervals.Interval;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.WaitPlace;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GuestMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GuestMeters meters = new GuestMeters(registry);

    @Test
    void eachBufferIsCountedOnceInEachTimer() {
        BufferTimes waited = new BufferTimes(
                0,
                Map.of(Moment.REGISTRATION_SENT, 0L, Moment.ANSWER_HANDLED, 10_000_000L),
                true,
                false,
                List.of(new Wait(WaitPlace.GET_UUID, new Interval(6_000_000, 10_000_000))));
        BufferTimes found = new BufferTimes(
                1, Map.of(Moment.REGISTRATION_SENT, 0L, Moment.ANSWER_HANDLED, 20_000_000L), true, false, List.of());
        meters.record(RegistrationStrategy.DEFERRED, List.of(waited, found));

        var registration = registry.get("virtio.uuid.registration")
                .tag("strategy", "deferred")
                .tag("outcome", "ok")
                .timer();
        assertThat(registration.count()).isEqualTo(2);
        assertThat(registration.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(30);
        assertThat(registration.takeSnapshot().histogramCounts()).hasSizeBetween(10, 16);
        var blocked =
                registry.get("virtio.uuid.blocked").tag("where", "get_uuid").timer();
        assertThat(blocked.count()).isEqualTo(2);
        assertThat(blocked.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(4);
        var hidden = registry.get("virtio.uuid.hidden").timer();
        assertThat(hidden.count()).isEqualTo(2);
        assertThat(hidden.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(26);
    }

    @Test
    void anErrorAnswerAndALostDeviceAreTwoOutcomes() {
        Map<Moment, Long> sent = Map.of(Moment.REGISTRATION_SENT, 0L, Moment.ANSWER_HANDLED, 5L);
        Map<Moment, Long> refused =
                Map.of(Moment.REGISTRATION_SENT, 0L, Moment.DEVICE_ANSWERED, 3L, Moment.ANSWER_HANDLED, 5L);
        meters.record(
                RegistrationStrategy.BLOCK_AT_EXPORT,
                List.of(
                        new BufferTimes(0, sent, false, false, List.of()),
                        new BufferTimes(1, refused, false, false, List.of())));

        assertThat(registry.get("virtio.uuid.registration")
                        .tag("outcome", "gone")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("virtio.uuid.registration")
                        .tag("outcome", "failed")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void whatWasNeverAskedForHasNoRoundTrip() {
        meters.record(
                RegistrationStrategy.UNSYNCHRONISED, List.of(new BufferTimes(0, Map.of(), false, false, List.of())));

        assertThat(registry.find("virtio.uuid.registration").timers()).isEmpty();
        assertThat(registry.find("virtio.uuid.blocked").timers()).isEmpty();
        assertThat(registry.find("virtio.uuid.hidden").timers()).isEmpty();
    }

    @Test
    void waitersOfAllDriversAreAddedUpWhileTheyAreWatched() {
        GuestMeters.Watched two = meters.watch(() -> 2);
        GuestMeters.Watched one = meters.watch(() -> 1);
        assertThat(registry.get("virtio.uuid.waiters").gauge().value()).isEqualTo(3);
        two.close();
        assertThat(registry.get("virtio.uuid.waiters").gauge().value()).isEqualTo(1);
        one.close();
        assertThat(registry.get("virtio.uuid.waiters").gauge().value()).isZero();
    }

    @Test
    void everyKindOfViolationIsThereFromTheStart() {
        assertThat(registry.get("virtio.protocol.violations").counters()).hasSize(Violations.Kind.values().length);
    }

    @Test
    void violationsAreCountedByKind() {
        meters.report(Violations.Kind.REPEATED_ANSWER, "twice");
        meters.report(Violations.Kind.REPEATED_ANSWER, "thrice");

        assertThat(registry.get("virtio.protocol.violations")
                        .tag("kind", "repeated_answer")
                        .counter()
                        .count())
                .isEqualTo(2);
    }
}
