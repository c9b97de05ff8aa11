package dev.crossdev.cli.run;

import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * All strategies over a plan's cells: start-ups in rounds, so that what drifts on the machine drifts for all of them, then
 * one whole decode per cell for the digest. The first round warms everything up and is discarded.
 */
public final class Sweep {

    /** What is the same for all strategies that are compared with each other. */
    private record Place(DevicePair latency, int buffers) {}

    private final Harness harness;
    private final Progress progress;

    public Sweep(Harness harness, Progress progress) {
        this.harness = harness;
        this.progress = progress;
    }

    /** Every run that counts, each beside the floor of its place. */
    public List<ReportRun> run(Plan plan) {
        Random random = new Random(plan.seed());
        List<Place> places = plan.latencies().stream()
                .flatMap(latency -> plan.buffers().stream().map(buffers -> new Place(latency, buffers)))
                .toList();
        Map<Place, List<ReportRun>> runs = new HashMap<>();
        Map<Place, List<Double>> floors = new HashMap<>();
        for (int round = 0; round <= plan.rounds(); round++) {
            for (Place place : places) {
                progress.step(String.format(
                        "%s: transit %s / %s, %d buffers",
                        round == 0 ? "warming up" : "start-ups, round " + round + " of " + plan.rounds(),
                        place.latency().gpu().transit(),
                        place.latency().video().transit(),
                        place.buffers()));
                harness.inject(place.latency());
                double floor = harness.run(parameters(RegistrationStrategy.DEFERRED, place, plan, RunMode.FLOOR))
                        .startupMillis();
                List<ReportRun> startups = startups(place, plan, random);
                if (round > 0) {
                    floors.computeIfAbsent(place, _ -> new ArrayList<>()).add(floor);
                    runs.computeIfAbsent(place, _ -> new ArrayList<>()).addAll(startups);
                }
            }
        }
        List<ReportRun> counted = new ArrayList<>();
        for (Place place : places) {
            progress.step(String.format(
                    "whole decodes: transit %s / %s, %d buffers",
                    place.latency().gpu().transit(), place.latency().video().transit(), place.buffers()));
            harness.inject(place.latency());
            List<ReportRun> ofPlace = Objects.requireNonNull(runs.get(place), "every place had its rounds");
            for (RegistrationStrategy strategy : RegistrationStrategy.values()) {
                ofPlace.add(harness.run(parameters(strategy, place, plan, RunMode.FULL)));
            }
            double floor = median(Objects.requireNonNull(floors.get(place), "every place had its rounds"));
            ofPlace.forEach(run -> counted.add(run.withFloor(floor)));
        }
        return counted;
    }

    private List<ReportRun> startups(Place place, Plan plan, Random random) {
        List<RegistrationStrategy> strategies = new ArrayList<>(Arrays.asList(RegistrationStrategy.values()));
        Collections.shuffle(strategies, random);
        return strategies.stream()
                .map(strategy -> harness.run(parameters(strategy, place, plan, RunMode.STARTUP)))
                .toList();
    }

    private static RunParameters parameters(RegistrationStrategy strategy, Place place, Plan plan, RunMode mode) {
        return new RunParameters(
                strategy, place.buffers(), plan.batch(), mode, place.latency().injected());
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
