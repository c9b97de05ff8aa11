package dev.crossdev.cli.report;

import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
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
import java.util.stream.IntStream;

/** Results as a guest could leave them; times in milliseconds, so that one can do the sums in one's head. */
public final class Runs {

    static final String DIGEST = "ab".repeat(32);
    static final int FRAMES = 90;

    private Runs() {}

    /** Transit 2 ms each way: every round trip takes 4 ms, the strategies wait where they should. */
    static RunResult result(RegistrationStrategy strategy, RunMode mode, int buffers) {
        List<BufferTimes> timeline = IntStream.range(0, buffers)
                .mapToObj(buffer -> times(strategy, buffer))
                .toList();
        boolean early = !strategy.safe();
        return new RunResult(
                new RunParameters(strategy, buffers, false, mode, new InjectedTiming(2_000, 2_000, 0)),
                millis(allocation(strategy, buffers)),
                millis(allocation(strategy, buffers)),
                millis(allocation(strategy, buffers) + 3),
                millis(allocation(strategy, buffers) + 20),
                millis(500),
                early ? buffers : 0,
                buffers,
                early ? 2 * buffers : buffers,
                mode == RunMode.FULL ? FRAMES : 1,
                List.of(),
                timeline);
    }

    public static ReportRun run(RegistrationStrategy strategy, RunMode mode, int buffers) {
        return ReportRun.of(result(strategy, mode, buffers), mode == RunMode.FULL ? DIGEST : null, 0.01);
    }

    public static ReportRun full(RegistrationStrategy strategy) {
        return run(strategy, RunMode.FULL, 4);
    }

    private static double allocation(RegistrationStrategy strategy, int buffers) {
        return switch (strategy) {
            case BLOCK_AT_ALLOCATION, BLOCK_AT_EXPORT -> 5.0 * buffers;
            default -> 0.5 * buffers;
        };
    }

    private static BufferTimes times(RegistrationStrategy strategy, int buffer) {
        double step = allocation(strategy, 1);
        double start = buffer * step;
        Map<Moment, Double> at = new EnumMap<>(Moment.class);
        at.put(Moment.REGISTRATION_SENT, start + 0.1);
        at.put(Moment.DEVICE_RECEIVED, start + 2.1);
        at.put(Moment.DEVICE_ANSWERED, start + 2.2);
        at.put(Moment.ANSWER_HANDLED, start + 4.1);
        at.put(Moment.EXPORTED, start + step);
        at.put(Moment.ALLOCATED, strategy == RegistrationStrategy.BLOCK_AT_ALLOCATION ? start + 4.5 : start + 0.05);
        double asked = allocation(strategy, 4) + 0.3;
        at.put(Moment.GET_UUID_CALLED, asked);
        double answered = Math.max(asked, start + 4.2);
        at.put(Moment.GET_UUID_RETURNED, strategy.safe() ? answered : asked);
        at.put(Moment.IMPORTED, answered + 4);
        if (buffer == 0) {
            at.put(Moment.FIRST_FRAME, answered + 10);
        }
        List<Wait> waits = switch (strategy) {
            case BLOCK_AT_ALLOCATION -> List.of(wait(WaitPlace.ALLOCATION, start + 0.1, start + 4.2));
            case BLOCK_AT_EXPORT -> List.of(wait(WaitPlace.EXPORT, start + 0.2, start + 4.2));
            case UNSYNCHRONISED -> List.of();
            default -> answered > asked ? List.of(wait(WaitPlace.GET_UUID, asked, answered)) : List.of();
        };
        Map<Moment, Long> nanos = new EnumMap<>(Moment.class);
        at.forEach((moment, time) -> nanos.put(moment, millis(time)));
        return new BufferTimes(buffer, nanos, true, false, waits);
    }

    private static Wait wait(WaitPlace where, double start, double end) {
        return new Wait(where, new Interval(millis(start), millis(end)));
    }

    private static long millis(double millis) {
        return Math.round(millis * 1e6);
    }

    /** The same run, had no answer come. */
    public static ReportRun withoutAnswers(ReportRun run) {
        List<TimelineEntry> timeline = run.timeline().stream()
                .map(entry -> new TimelineEntry(
                        entry.buffer(),
                        entry.allocated(),
                        entry.exported(),
                        entry.registrationSent(),
                        entry.deviceReceived(),
                        null,
                        null,
                        entry.getUuidCalled(),
                        null,
                        null,
                        null,
                        entry.estimated(),
                        List.of()))
                .toList();
        return new ReportRun(
                run.mode(),
                run.strategy(),
                run.buffers(),
                run.batch(),
                run.gpuTransitMicros(),
                run.videoTransitMicros(),
                run.serviceMicros(),
                run.allocationMillis(),
                run.setupMillis(),
                run.setupEndMillis(),
                run.startupMillis(),
                null,
                null,
                run.registrationMillis(),
                run.blockedMillis(),
                run.hiddenMillis(),
                null,
                run.importFailures(),
                run.uuidsAsked(),
                run.importsAsked(),
                run.framesDelivered(),
                null,
                run.faults(),
                null,
                timeline);
    }
}
