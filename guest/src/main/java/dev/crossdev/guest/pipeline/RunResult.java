package dev.crossdev.guest.pipeline;

import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.Moment;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a run leaves behind. Times are nanoseconds; points in time count from the run's start, which is the first
 * allocation, or the start of the set-up in {@link RunMode#FLOOR}.
 *
 * @param parameters what was run
 * @param allocationNanos spent in all allocating and exporting calls
 * @param setupStartNanos when the set-up of the decoder began
 * @param setupEndNanos when the initial resolution had come and GET_PARAMS agreed
 * @param startupNanos when the first frame was on the scanout
 * @param endNanos when the run ended
 * @param importFailures imports that the video device refused
 * @param uuidsAsked RESOURCE_ASSIGN_UUID commands sent
 * @param importsAsked RESOURCE_CREATE commands sent for output buffers, refused ones included
 * @param framesDelivered frames that were on the scanout
 * @param faults what was wrong with the frames, a line each; empty when each came once, whole and in display order
 * @param timeline of each buffer
 */
public record RunResult(
        RunParameters parameters,
        long allocationNanos,
        long setupStartNanos,
        long setupEndNanos,
        long startupNanos,
        long endNanos,
        int importFailures,
        int uuidsAsked,
        int importsAsked,
        int framesDelivered,
        List<String> faults,
        List<BufferTimes> timeline) {

    /** Copies its lists. */
    public RunResult {
        faults = List.copyOf(faults);
        timeline = List.copyOf(timeline);
    }

    /** How long the set-up of the decoder took. */
    public long setupNanos() {
        return setupEndNanos - setupStartNanos;
    }

    /** When the last of the buffers' answers was handled; empty when there was none. */
    public OptionalLong lastAnswerNanos() {
        return timeline.stream()
                .flatMapToLong(times -> times.at(Moment.ANSWER_HANDLED).stream())
                .max();
    }
}
