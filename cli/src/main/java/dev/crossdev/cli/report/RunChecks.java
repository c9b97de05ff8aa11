package dev.crossdev.cli.report;

import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.WaitPlace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What must hold in every run; one breach and the command fails. Order and counts are checked, durations never: a busy
 * machine is no fault of ours.
 */
public final class RunChecks {

    private final String referenceDigest;
    private final int clipFrames;

    /**
     * @param referenceDigest of the clip decoded without devices
     * @param clipFrames pictures in the clip
     */
    public RunChecks(String referenceDigest, int clipFrames) {
        this.referenceDigest = referenceDigest;
        this.clipFrames = clipFrames;
    }

    /**
     * Something that did not hold.
     *
     * @param run which run, in words
     * @param what one line
     */
    public record Breach(String run, String what) {
        @Override
        public String toString() {
            return run + ": " + what;
        }
    }

    /** Every breach of every run; empty when all held. */
    public static List<Breach> of(Report report) {
        RunChecks checks = new RunChecks(report.referenceDigest(), report.clip().frames());
        return report.runs().stream().flatMap(run -> checks.of(run).stream()).toList();
    }

    /** The breaches of one run. */
    public List<Breach> of(ReportRun run) {
        List<String> found = new ArrayList<>();
        RegistrationStrategy strategy = run.registrationStrategy();
        if (strategy.safe()) {
            imports(run, found);
            frames(run, found);
        } else {
            earlyReads(run, found);
        }
        if (!run.isMode(RunMode.FLOOR)) {
            order(run, strategy, found);
        }
        return found.stream().map(what -> new Breach(name(run), what)).toList();
    }

    private static void imports(ReportRun run, List<String> found) {
        if (run.importFailures() != 0) {
            found.add(run.importFailures() + " imports were refused");
        }
        long tooEarly = run.timeline().stream()
                .filter(entry -> isBefore(entry.getUuidReturned(), entry.answerHandled()))
                .count();
        if (tooEarly != 0) {
            found.add(tooEarly + " buffers' UUIDs were given out before the device had answered");
        }
        if (run.uuidsAsked() != run.buffers()) {
            found.add(run.uuidsAsked() + " UUIDs were asked for " + run.buffers() + " buffers");
        }
    }

    private void frames(ReportRun run, List<String> found) {
        found.addAll(run.faults());
        if (!run.isMode(RunMode.FULL)) {
            return;
        }
        if (run.framesDelivered() != clipFrames) {
            found.add(run.framesDelivered() + " frames came out of a clip of " + clipFrames);
        }
        if (!referenceDigest.equals(run.framesDigest())) {
            found.add("the scanout's digest is " + run.framesDigest() + ", the clip's " + referenceDigest);
        }
    }

    private static void earlyReads(ReportRun run, List<String> found) {
        long early = run.timeline().stream().filter(TimelineEntry::readTooEarly).count();
        if (early != run.importFailures()) {
            found.add(run.importFailures() + " imports were refused, but by the timeline " + early
                    + " fields were read before their answer");
        }
    }

    private static void order(ReportRun run, RegistrationStrategy strategy, List<String> found) {
        switch (strategy) {
            case BLOCK_AT_ALLOCATION -> {
                returnsAfterAnswer(run, "an allocation", found, TimelineEntry::allocated);
                paysRoundTrips(run, found);
            }
            case BLOCK_AT_EXPORT -> {
                returnsAfterAnswer(run, "an export", found, TimelineEntry::exported);
                if (!run.batch()) {
                    paysRoundTrips(run, found);
                }
            }
            case DEFERRED, EAGER_DEFERRED, UNSYNCHRONISED -> exportNeverWaits(run, strategy, found);
        }
    }

    private static void returnsAfterAnswer(
            ReportRun run, String call, List<String> found, Function<TimelineEntry, @Nullable Double> returned) {
        long early = run.timeline().stream()
                .filter(entry -> isBefore(returned.apply(entry), entry.answerHandled()))
                .count();
        if (early != 0) {
            found.add(call + " returned before its own answer, " + early + " times");
        }
    }

    /** Each of the calls has waited for a round trip of its own, so together they cannot have taken less. */
    private static void paysRoundTrips(ReportRun run, List<String> found) {
        double roundTrips = run.registrationMillis().sum();
        // Both are rounded to the microsecond.
        if (run.allocationMillis() + 0.002 < roundTrips) {
            found.add("allocation took " + run.allocationMillis() + " ms, the round trips it waited for " + roundTrips);
        }
        double injected = 2e-3 * run.gpuTransitMicros() * run.buffers();
        if (roundTrips + 0.001 * run.buffers() < injected) {
            found.add(
                    run.buffers() + " round trips took " + roundTrips + " ms, the injected transit alone " + injected);
        }
    }

    /**
     * Nothing may wait outside of get_uuid. That export also returned before its answer is checked where an answer takes
     * long, and of most buffers only: the scheduler may stop any thread between sending and returning.
     */
    private static void exportNeverWaits(ReportRun run, RegistrationStrategy strategy, List<String> found) {
        List<String> waited = run.timeline().stream()
                .flatMap(entry -> entry.waits().stream())
                .map(TimelineEntry.WaitEntry::where)
                .filter(where -> !strategy.safe() || !where.equals(WaitPlace.GET_UUID.text()))
                .distinct()
                .toList();
        if (!waited.isEmpty()) {
            found.add("someone waited in " + String.join(" and ", waited));
        }
        boolean answersCanComeBetween = strategy == RegistrationStrategy.EAGER_DEFERRED && run.batch();
        if (run.gpuTransitMicros() == 0 || answersCanComeBetween) {
            return;
        }
        long late = run.timeline().stream()
                .filter(entry -> isBefore(entry.answerHandled(), entry.exported()))
                .count();
        if (late * 2 > run.buffers()) {
            found.add(late + " of " + run.buffers() + " exports returned after their answer");
        }
    }

    private static boolean isBefore(@Nullable Double first, @Nullable Double second) {
        return first != null && (second == null || first < second);
    }

    private static String name(ReportRun run) {
        return run.strategy() + ", " + run.buffers() + " buffers" + (run.batch() ? " in a batch" : "")
                + ", gpu transit " + run.gpuTransitMicros() + " us, video transit " + run.videoTransitMicros() + " us ("
                + run.mode() + ")";
    }
}
