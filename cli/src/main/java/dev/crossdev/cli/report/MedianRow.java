package dev.crossdev.cli.report;

import dev.crossdev.guest.pipeline.RunMode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One cell of the sweep over its rounds. The rounds are its {@code startup} runs; a cell without any is described by its
 * {@code full} ones.
 *
 * @param strategy the registration strategy's name
 * @param buffers output buffers
 * @param batch whether all were allocated before the first was exported
 * @param gpuTransitMicros injected at the gpu device, one way
 * @param videoTransitMicros injected at the video device, one way
 * @param serviceMicros injected at both devices, per command
 * @param startupMillis first allocation → first frame on the scanout
 * @param allocationMillis all allocate and export calls
 * @param setupMillis of the decoder
 * @param floorMillis start-up that no strategy can beat; null where not measured
 * @param registrationMillis of the runs' median round trips; null where nothing was answered
 * @param blockedMillis of the runs' sums
 * @param hiddenMillis of the runs' sums
 * @param hiddenRatio null for {@code unsynchronised}
 * @param importFailures per run
 * @param aimMillis what start-up should come to when nothing waits that need not: allocation + floor + max(0, last
 *     answer − end of set-up), times 1.1, plus 3 ms; null for strategies that are not deferred or without a floor
 * @param framesDigest of the cell's full run; null without one
 */
public record MedianRow(
        String strategy,
        int buffers,
        boolean batch,
        long gpuTransitMicros,
        long videoTransitMicros,
        long serviceMicros,
        Spread startupMillis,
        Spread allocationMillis,
        Spread setupMillis,
        @Nullable Spread floorMillis,
        @Nullable Spread registrationMillis,
        Spread blockedMillis,
        Spread hiddenMillis,
        @Nullable Spread hiddenRatio,
        Spread importFailures,
        @Nullable Double aimMillis,
        @Nullable String framesDigest) {

    /** A row for each cell, in the order of the table. */
    public static List<MedianRow> over(Collection<ReportRun> runs) {
        Map<Cell, List<ReportRun>> cells =
                runs.stream().collect(Collectors.groupingBy(ReportRun::cell, TreeMap::new, Collectors.toList()));
        return cells.entrySet().stream()
                .filter(cell -> !rounds(cell.getValue()).isEmpty())
                .map(cell -> row(cell.getKey(), cell.getValue()))
                .toList();
    }

    /** Whether the median start-up is within the aim; true where there is none. Never decides an exit code. */
    public boolean withinAim() {
        return aimMillis == null || startupMillis.median() <= aimMillis;
    }

    private static List<ReportRun> rounds(List<ReportRun> runs) {
        List<ReportRun> startups =
                runs.stream().filter(run -> run.isMode(RunMode.STARTUP)).toList();
        return startups.isEmpty()
                ? runs.stream().filter(run -> run.isMode(RunMode.FULL)).toList()
                : startups;
    }

    private static MedianRow row(Cell cell, List<ReportRun> runs) {
        List<ReportRun> rounds = rounds(runs);
        Spread startup = always(rounds, ReportRun::startupMillis);
        Spread allocation = always(rounds, ReportRun::allocationMillis);
        Spread floor = sometimes(rounds, ReportRun::floorMillis);
        return new MedianRow(
                cell.strategy().toString(),
                cell.buffers(),
                cell.batch(),
                cell.gpuTransitMicros(),
                cell.videoTransitMicros(),
                cell.serviceMicros(),
                startup,
                allocation,
                always(rounds, ReportRun::setupMillis),
                floor,
                sometimes(rounds, run -> run.registrationMillis().p50()),
                always(rounds, run -> run.blockedMillis().sum()),
                always(rounds, run -> run.hiddenMillis().sum()),
                sometimes(rounds, ReportRun::hiddenRatio),
                always(rounds, run -> (double) run.importFailures()),
                aim(cell, rounds, allocation, floor),
                runs.stream()
                        .map(ReportRun::framesDigest)
                        .filter(Objects::nonNull)
                        .reduce((_, last) -> last)
                        .orElse(null));
    }

    private static @Nullable Double aim(Cell cell, List<ReportRun> rounds, Spread allocation, @Nullable Spread floor) {
        Spread late = sometimes(
                rounds,
                run -> run.lastAnswerMillis() == null
                        ? null
                        : Math.max(0, run.lastAnswerMillis() - run.setupEndMillis()));
        if (!cell.strategy().hidesWaiting() || floor == null || late == null) {
            return null;
        }
        return Rounded.thousandths(1.1 * (allocation.median() + floor.median() + late.median()) + 3);
    }

    private static Spread always(List<ReportRun> rounds, Function<ReportRun, Double> number) {
        return Objects.requireNonNull(Spread.of(rounds.stream().map(number).toList()), "a cell has at least one round");
    }

    private static @Nullable Spread sometimes(List<ReportRun> rounds, Function<ReportRun, @Nullable Double> number) {
        return Spread.of(rounds.stream().map(number).filter(Objects::nonNull).toList());
    }
}
