package dev.crossdev.cli.report;

import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunResult;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimes;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One run.
 *
 * @param mode {@code full} (to the end of the clip), {@code startup} (to the first frame) or {@code floor}
 * @param strategy the registration strategy's name
 * @param buffers output buffers
 * @param batch whether all were allocated before the first was exported
 * @param gpuTransitMicros injected at the gpu device, one way
 * @param videoTransitMicros injected at the video device, one way
 * @param serviceMicros injected at both devices, per command
 * @param allocationMillis all allocate and export calls
 * @param setupMillis from opening the video device to GET_PARAMS of the output
 * @param setupEndMillis when that ended, from the run's start
 * @param startupMillis first allocation → first frame on the scanout
 * @param floorMillis the same with every buffer exported and answered before the clock starts; null where not measured
 * @param lastAnswerMillis when the last buffer's answer was handled, from the run's start
 * @param registrationMillis round trips, over the buffers
 * @param blockedMillis time in which someone waited, over the buffers
 * @param hiddenMillis round trip minus blocked, over the buffers
 * @param hiddenRatio sum hidden / sum round trip; null for {@code unsynchronised}, which hides nothing: it does not wait
 * @param importFailures imports that the video device refused
 * @param uuidsAsked RESOURCE_ASSIGN_UUID commands sent
 * @param importsAsked RESOURCE_CREATE commands sent for output buffers
 * @param framesDelivered frames that were on the scanout
 * @param framesDigest SHA-256 of what the scanout showed, frame by frame; null where the run ended at the first frame
 * @param faults what was wrong with the frames
 * @param stealShare of the machine while the run went on; null where the kernel does not say
 * @param timeline of each buffer
 */
public record ReportRun(
        String mode,
        String strategy,
        int buffers,
        boolean batch,
        long gpuTransitMicros,
        long videoTransitMicros,
        long serviceMicros,
        double allocationMillis,
        double setupMillis,
        double setupEndMillis,
        double startupMillis,
        @Nullable Double floorMillis,
        @Nullable Double lastAnswerMillis,
        Quantiles registrationMillis,
        Quantiles blockedMillis,
        Quantiles hiddenMillis,
        @Nullable Double hiddenRatio,
        int importFailures,
        int uuidsAsked,
        int importsAsked,
        int framesDelivered,
        @Nullable String framesDigest,
        List<String> faults,
        @Nullable Double stealShare,
        List<TimelineEntry> timeline) {

    /** Copies its lists. */
    public ReportRun {
        faults = List.copyOf(faults);
        timeline = List.copyOf(timeline);
    }

    /**
     * A run as the guest left it.
     *
     * @param framesDigest of the captured scanouts; null when none were captured
     * @param stealShare of the machine meanwhile; null when unknown
     */
    public static ReportRun of(RunResult result, @Nullable String framesDigest, @Nullable Double stealShare) {
        RunParameters parameters = result.parameters();
        List<BufferTimes> timeline = result.timeline();
        Quantiles registration =
                Quantiles.ofNanos(timeline.stream().flatMapToLong(times -> times.roundTripNanos().stream()));
        Quantiles hidden = Quantiles.ofNanos(timeline.stream().flatMapToLong(times -> times.hiddenNanos().stream()));
        OptionalLong lastAnswer = result.lastAnswerNanos();
        boolean ratioMeansSomething = parameters.strategy().safe() && registration.sum() > 0;
        return new ReportRun(
                parameters.mode().toString(),
                parameters.strategy().toString(),
                parameters.buffers(),
                parameters.batch(),
                parameters.timing().gpuTransitMicros(),
                parameters.timing().videoTransitMicros(),
                parameters.timing().serviceMicros(),
                Rounded.millis(result.allocationNanos()),
                Rounded.millis(result.setupNanos()),
                Rounded.millis(result.setupEndNanos()),
                Rounded.millis(result.startupNanos()),
                null,
                lastAnswer.isEmpty() ? null : Rounded.millis(lastAnswer.getAsLong()),
                registration,
                Quantiles.ofNanos(timeline.stream().mapToLong(BufferTimes::blockedNanos)),
                hidden,
                ratioMeansSomething ? Rounded.thousandths(hidden.sum() / registration.sum()) : null,
                result.importFailures(),
                result.uuidsAsked(),
                result.importsAsked(),
                result.framesDelivered(),
                framesDigest,
                result.faults(),
                stealShare,
                timeline.stream().map(TimelineEntry::of).toList());
    }

    /** The same run, beside the floor that was measured for its cell. */
    public ReportRun withFloor(double measuredFloorMillis) {
        return new ReportRun(
                mode,
                strategy,
                buffers,
                batch,
                gpuTransitMicros,
                videoTransitMicros,
                serviceMicros,
                allocationMillis,
                setupMillis,
                setupEndMillis,
                startupMillis,
                measuredFloorMillis,
                lastAnswerMillis,
                registrationMillis,
                blockedMillis,
                hiddenMillis,
                hiddenRatio,
                importFailures,
                uuidsAsked,
                importsAsked,
                framesDelivered,
                framesDigest,
                faults,
                stealShare,
                timeline);
    }

    /** @throws IllegalStateException when the name names none, which a report of ours cannot have */
    RegistrationStrategy registrationStrategy() {
        return RegistrationStrategy.named(strategy)
                .orElseThrow(() -> new IllegalStateException("no strategy is called " + strategy));
    }

    /** The cell of the sweep that it belongs to. */
    Cell cell() {
        return new Cell(serviceMicros, gpuTransitMicros, videoTransitMicros, buffers, batch, registrationStrategy());
    }

    boolean isMode(RunMode wanted) {
        return mode.equals(wanted.toString());
    }
}
