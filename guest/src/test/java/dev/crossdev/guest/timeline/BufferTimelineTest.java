package dev.crossdev.guest.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.guest.timeline.BufferTimes.Wait;
import dev.crossdev.guest.timeline.Intervals.Interval;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BufferTimelineTest {

    private final AtomicLong nanos = new AtomicLong(1_000);
    private final RunClock clock = new RunClock(nanos::get);
    private final BufferTimeline timeline = new BufferTimeline(3, clock);

    @Test
    void timesCountFromTheRunsStart() {
        nanos.set(1_500);
        timeline.note(Moment.ALLOCATED);

        assertThat(timeline.times().at(Moment.ALLOCATED)).hasValue(500);
        assertThat(timeline.times().at(Moment.EXPORTED)).isEmpty();
        assertThat(timeline.times().buffer()).isEqualTo(3);
    }

    @Test
    void whatHappenedBeforeARestartHasNegativeTimes() {
        timeline.note(Moment.EXPORTED);
        nanos.set(1_700);
        clock.restart();

        assertThat(timeline.times().at(Moment.EXPORTED)).hasValue(-700);
    }

    @Test
    void theFirstTimeCounts() {
        timeline.note(Moment.FIRST_FRAME);
        nanos.set(9_000);
        timeline.note(Moment.FIRST_FRAME);

        assertThat(timeline.times().at(Moment.FIRST_FRAME)).hasValue(0);
    }

    @Test
    void theFieldIsSixteenZeroBytesUntilTheAnswerAndThenStays() {
        UUID first = UUID.randomUUID();
        assertThat(timeline.readField()).isEqualTo(new UUID(0, 0));
        timeline.noteAnswer(first);
        timeline.noteAnswer(UUID.randomUUID());

        assertThat(timeline.readField()).isEqualTo(first);
    }

    @Test
    void anErrorLeavesTheFieldAsItIs() {
        timeline.noteAnswer(null);

        assertThat(timeline.readField()).isEqualTo(new UUID(0, 0));
        assertThat(timeline.times().at(Moment.ANSWER_HANDLED)).hasValue(0);
    }

    @Test
    void deviceTimesAreMarkedWhenTheyArePlacedThere() {
        timeline.noteDevice(1_010, 1_020, true);

        assertThat(timeline.times().deviceTimesEstimated()).isTrue();
        assertThat(timeline.times().at(Moment.DEVICE_RECEIVED)).hasValue(10);
        assertThat(timeline.times().at(Moment.DEVICE_ANSWERED)).hasValue(20);
    }

    @Test
    void aWaitCountsWhetherItReturnsOrThrows() {
        timeline.waiting(WaitPlace.EXPORT, () -> nanos.addAndGet(10));
        assertThatThrownBy(() -> timeline.waiting(WaitPlace.GET_UUID, () -> {
                    nanos.addAndGet(5);
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(timeline.times().waits())
                .containsExactly(
                        new Wait(WaitPlace.EXPORT, new Interval(0, 10)),
                        new Wait(WaitPlace.GET_UUID, new Interval(10, 15)));
        assertThat(timeline.times().blockedNanos()).isEqualTo(15);
        assertThat(timeline.times().blockedNanos(WaitPlace.EXPORT)).isEqualTo(10);
        assertThat(timeline.times().blockedNanos(WaitPlace.ALLOCATION)).isZero();
    }

    @Test
    void hiddenIsTheRoundTripWithoutTheBlockedPart() {
        timeline.note(Moment.REGISTRATION_SENT);
        nanos.addAndGet(60);
        timeline.waiting(WaitPlace.GET_UUID, () -> nanos.addAndGet(40));
        timeline.noteAnswer(UUID.randomUUID());

        assertThat(timeline.times().roundTripNanos()).hasValue(100);
        assertThat(timeline.times().blockedNanos()).isEqualTo(40);
        assertThat(timeline.times().hiddenNanos()).hasValue(60);
    }

    @Test
    void hiddenNeverFallsBelowZero() {
        timeline.note(Moment.REGISTRATION_SENT);
        nanos.addAndGet(100);
        timeline.noteAnswer(UUID.randomUUID());
        timeline.waiting(WaitPlace.ALLOCATION, () -> nanos.addAndGet(130));

        assertThat(timeline.times().hiddenNanos()).hasValue(0);
    }

    @Test
    void withoutAnAnswerThereIsNeitherRoundTripNorHidden() {
        timeline.note(Moment.REGISTRATION_SENT);

        assertThat(timeline.times().roundTripNanos()).isEmpty();
        assertThat(timeline.times().hiddenNanos()).isEmpty();
    }

    @Test
    void whoeverReadsZeroBytesReadBeforeTheAnswerInTheTimesToo() throws InterruptedException {
        for (int round = 0; round < 2_000; round++) {
            BufferTimeline raced = new BufferTimeline(0, new RunClock());
            AtomicBoolean zero = new AtomicBoolean();
            Thread reader =
                    Thread.ofPlatform().start(() -> zero.set(raced.readField().equals(new UUID(0, 0))));
            raced.noteAnswer(new UUID(1, 2));
            reader.join();
            assertThat(raced.times().inOrder(Moment.GET_UUID_CALLED, Moment.ANSWER_HANDLED))
                    .isEqualTo(zero.get());
        }
    }
}
