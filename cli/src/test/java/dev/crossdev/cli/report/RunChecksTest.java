package dev.crossdev.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunResult;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.BufferTimes.Wait;
import dev.crossdev.guest.timeline.Intervals.Interval;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.WaitPlace;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RunChecksTest {

    private final RunChecks checks = new RunChecks(Runs.DIGEST, Runs.FRAMES);

    @ParameterizedTest
    @EnumSource
    void aGoodRunOfEachStrategyHasNoBreach(RegistrationStrategy strategy) {
        assertThat(checks.of(Runs.full(strategy))).isEmpty();
        assertThat(checks.of(Runs.run(strategy, RunMode.STARTUP, 16))).isEmpty();
    }

    @Test
    void aRefusedImportIsABreachOfASafeStrategy() {
        RunResult result = Runs.result(RegistrationStrategy.DEFERRED, RunMode.FULL, 4);

        assertThat(breaches(with(result, 1, Runs.FRAMES, List.of(), result.timeline()), Runs.DIGEST))
                .singleElement()
                .asString()
                .contains("deferred, 4 buffers", "1 imports were refused");
    }

    @Test
    void anotherDigestIsABreachOfASafeStrategyOnly() {
        assertThat(breaches(Runs.result(RegistrationStrategy.DEFERRED, RunMode.FULL, 4), "cd".repeat(32)))
                .singleElement()
                .asString()
                .contains("digest");
        assertThat(breaches(Runs.result(RegistrationStrategy.DEFERRED, RunMode.FULL, 4), null))
                .hasSize(1);
        assertThat(breaches(Runs.result(RegistrationStrategy.UNSYNCHRONISED, RunMode.FULL, 4), "cd".repeat(32)))
                .isEmpty();
    }

    @Test
    void aMissingFrameAndAFaultAreBreaches() {
        RunResult result = Runs.result(RegistrationStrategy.DEFERRED, RunMode.FULL, 4);

        assertThat(breaches(
                        with(result, 0, Runs.FRAMES - 1, List.of("frame 3 came twice"), result.timeline()),
                        Runs.DIGEST))
                .extracting(RunChecks.Breach::what)
                .containsExactly("frame 3 came twice", "89 frames came out of a clip of 90");
    }

    @Test
    void aUuidBeforeItsAnswerIsABreach() {
        RunResult result =
                changed(RegistrationStrategy.DEFERRED, moments -> besideAnswer(moments, Moment.GET_UUID_RETURNED, -1));

        assertThat(breaches(result, Runs.DIGEST)).singleElement().asString().contains("before the device had answered");
    }

    @Test
    void theCountOfEarlyReadsMustBeTheTimelines() {
        RunResult result = Runs.result(RegistrationStrategy.UNSYNCHRONISED, RunMode.FULL, 4);
        assertThat(breaches(with(result, 3, Runs.FRAMES, List.of(), result.timeline()), Runs.DIGEST))
                .singleElement()
                .asString()
                .contains("by the timeline 4");
    }

    @Test
    void aBlockingCallThatReturnsBeforeItsAnswerIsABreach() {
        assertThat(breaches(
                        changed(
                                RegistrationStrategy.BLOCK_AT_ALLOCATION,
                                moments -> besideAnswer(moments, Moment.ALLOCATED, -1)),
                        Runs.DIGEST))
                .singleElement()
                .asString()
                .contains("an allocation returned before its own answer, 4 times");
        assertThat(breaches(
                        changed(
                                RegistrationStrategy.BLOCK_AT_EXPORT,
                                moments -> besideAnswer(moments, Moment.EXPORTED, -1)),
                        Runs.DIGEST))
                .singleElement()
                .asString()
                .contains("an export returned before its own answer, 4 times");
    }

    @Test
    void blockingStrategiesPayTheirRoundTrips() {
        RunResult result = Runs.result(RegistrationStrategy.BLOCK_AT_EXPORT, RunMode.FULL, 4);
        RunResult tooQuick = new RunResult(
                result.parameters(),
                10_000_000,
                result.setupStartNanos(),
                result.setupEndNanos(),
                result.startupNanos(),
                result.endNanos(),
                0,
                4,
                4,
                Runs.FRAMES,
                List.of(),
                result.timeline());

        assertThat(breaches(tooQuick, Runs.DIGEST)).singleElement().asString().contains("allocation took 10.0 ms");
    }

    @Test
    void aRoundTripShorterThanTheInjectedTransitIsABreach() {
        RunResult result = changed(
                RegistrationStrategy.BLOCK_AT_ALLOCATION,
                moments -> besideAnswer(moments, Moment.REGISTRATION_SENT, -3_000_000));

        assertThat(breaches(result, Runs.DIGEST)).singleElement().asString().contains("the injected transit alone");
    }

    @Test
    void anExportThatWaitsIsABreachOfADeferredStrategy() {
        RunResult result = Runs.result(RegistrationStrategy.EAGER_DEFERRED, RunMode.STARTUP, 4);
        List<BufferTimes> waited = result.timeline().stream()
                .map(times -> new BufferTimes(
                        times.buffer(),
                        times.moments(),
                        true,
                        false,
                        List.of(new Wait(WaitPlace.EXPORT, new Interval(0, 1)))))
                .toList();

        assertThat(breaches(with(result, 0, 1, List.of(), waited), null))
                .singleElement()
                .asString()
                .contains("someone waited in export");
    }

    @Test
    void exportsAfterTheirAnswersAreABreachUnlessTheyAreFew() {
        UnaryOperator<Map<Moment, Long>> late = moments -> besideAnswer(moments, Moment.EXPORTED, 1);
        RunResult all = changed(RegistrationStrategy.DEFERRED, late);
        assertThat(breaches(all, Runs.DIGEST)).singleElement().asString().contains("4 of 4 exports");

        RunResult good = Runs.result(RegistrationStrategy.DEFERRED, RunMode.FULL, 4);
        List<BufferTimes> one = List.of(
                all.timeline().get(0),
                good.timeline().get(1),
                good.timeline().get(2),
                good.timeline().get(3));
        assertThat(breaches(with(good, 0, Runs.FRAMES, List.of(), one), Runs.DIGEST))
                .isEmpty();
    }

    private List<RunChecks.Breach> breaches(RunResult result, @Nullable String digest) {
        return checks.of(ReportRun.of(result, digest, null));
    }

    private static RunResult changed(RegistrationStrategy strategy, UnaryOperator<Map<Moment, Long>> change) {
        RunResult result = Runs.result(strategy, RunMode.FULL, 4);
        List<BufferTimes> timeline = result.timeline().stream()
                .map(times -> new BufferTimes(
                        times.buffer(), change.apply(new EnumMap<>(times.moments())), true, false, times.waits()))
                .toList();
        return with(result, result.importFailures(), Runs.FRAMES, List.of(), timeline);
    }

    private static Map<Moment, Long> besideAnswer(Map<Moment, Long> moments, Moment moment, long nanosAfter) {
        moments.put(moment, Objects.requireNonNull(moments.get(Moment.ANSWER_HANDLED)) + nanosAfter);
        return moments;
    }

    private static RunResult with(
            RunResult result, int failures, int frames, List<String> faults, List<BufferTimes> timeline) {
        return new RunResult(
                result.parameters(),
                result.allocationNanos(),
                result.setupStartNanos(),
                result.setupEndNanos(),
                result.startupNanos(),
                result.endNanos(),
                failures,
                result.uuidsAsked(),
                result.importsAsked(),
                frames,
                faults,
                timeline);
    }
}
