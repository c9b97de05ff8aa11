package dev.crossdev.cli;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.Comparison;
import dev.crossdev.cli.run.DevicePair;
import dev.crossdev.cli.run.GuestMetrics;
import dev.crossdev.cli.run.Plan;
import dev.crossdev.cli.run.ServiceOptions;
import dev.crossdev.cli.run.TraceOptions;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Latency;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** All strategies over a sweep. */
@Command(
        name = "compare",
        description = "Compare all registration strategies over a sweep of latencies and numbers of buffers.",
        footer = {
            "",
            "One warm-up round is discarded; within a round the strategies are shuffled, by a seed that is in the report.",
            "Each round is start-ups only; then each cell decodes the whole clip once, for the digest."
        })
final class CompareCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "CLIP", description = "H.264, in Annex B or MP4.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Option(
            names = "--transit",
            paramLabel = "TIME",
            split = ",",
            description = "Latencies added each way at both devices. Default: ${DEFAULT-VALUE}",
            defaultValue = "0ms,500us,2ms,10ms")
    private List<Latency> transits = List.of();

    @Option(
            names = "--gpu-transit",
            paramLabel = "TIME",
            split = ",",
            description = "Latencies added each way at the gpu device alone. Default: ${DEFAULT-VALUE}",
            defaultValue = "10ms")
    private List<Latency> gpuTransits = List.of();

    @Option(
            names = "--buffers",
            paramLabel = "N",
            split = ",",
            description = "Numbers of output buffers. Default: ${DEFAULT-VALUE}",
            defaultValue = "4,16")
    private List<Integer> buffers = List.of();

    @Option(names = "--batch", description = "Allocate all buffers before exporting any.")
    private boolean batch;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds of start-ups that count. Default: ${DEFAULT-VALUE}",
            defaultValue = "5")
    private int rounds;

    @Option(names = "--seed", paramLabel = "SEED", description = "Of the order of the strategies. Default: a new one.")
    private @Nullable Long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where report.json, report.html and pictures go. Default: ${DEFAULT-VALUE}",
            defaultValue = "target/compare")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path out;

    @Mixin
    private final ServiceOptions services = new ServiceOptions();

    @Mixin
    private final GuestMetrics metrics = new GuestMetrics();

    @Mixin
    private final TraceOptions tracing = new TraceOptions();

    @Override
    public Integer call() {
        if (rounds < 1 || buffers.isEmpty() || buffers.stream().anyMatch(n -> n < 1)) {
            throw new CommandFailure(ExitCode.USAGE, "--rounds and --buffers must be at least 1");
        }
        ClipFile clip = ClipFile.open(file);
        List<DevicePair> latencies = new ArrayList<>();
        transits.forEach(transit -> latencies.add(
                new DevicePair(new DeviceTiming(transit, Latency.ZERO), new DeviceTiming(transit, Latency.ZERO))));
        gpuTransits.forEach(
                transit -> latencies.add(new DevicePair(new DeviceTiming(transit, Latency.ZERO), DeviceTiming.NONE)));
        Plan plan = new Plan(
                latencies,
                buffers,
                batch,
                rounds,
                seed == null ? ThreadLocalRandom.current().nextLong(1_000_000) : seed);
        return new Comparison(spec.commandLine(), services, metrics, tracing, clip, Collections.max(buffers), out)
                .run(_ -> plan)
                .number();
    }
}
