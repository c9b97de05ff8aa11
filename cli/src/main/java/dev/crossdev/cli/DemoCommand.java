package dev.crossdev.cli;

import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.Comparison;
import dev.crossdev.cli.run.DevicePair;
import dev.crossdev.cli.run.GuestMetrics;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.cli.run.Plan;
import dev.crossdev.cli.run.ServiceOptions;
import dev.crossdev.cli.run.TraceOptions;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The main job, in one command. */
@Command(
        name = "demo",
        description = {
            "Start both services, decode the repository's clip under all registration strategies at a few latencies,",
            "print what each costs, and stop everything again. Takes about two minutes.",
        },
        footer = {"", "Exits 0 only if every frame was right and every check held."})
final class DemoCommand implements Callable<Integer> {

    private static final int BUFFERS = 16;
    private static final int ROUNDS = 5;

    /** A whole decode takes four transits a frame; on a loaded machine twice the set-up would take a demo's time many times. */
    private static final Duration LONGEST_TRANSIT = Duration.ofMillis(60);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where report.json, report.html and pictures go. Default: ${DEFAULT-VALUE} of the checkout")
    private Path out = Path.of("target", "demo");

    @Mixin
    private final ServiceOptions services = new ServiceOptions();

    @Mixin
    private final GuestMetrics metrics = new GuestMetrics();

    @Mixin
    private final TraceOptions tracing = new TraceOptions();

    @Override
    public Integer call() {
        Path home = Home.folder();
        ClipFile clip = ClipFile.open(home.resolve("clips").resolve("demo.mp4"));
        return new Comparison(spec.commandLine(), services, metrics, tracing, clip, BUFFERS, home.resolve(out))
                .run(harness -> new Plan(
                        List.of(
                                DevicePair.NONE,
                                DevicePair.transit(Duration.ofMillis(2)),
                                DevicePair.transit(Duration.ofMillis(10)),
                                DevicePair.transit(twiceTheSetup(harness), Duration.ZERO)),
                        List.of(BUFFERS),
                        false,
                        ROUNDS,
                        ThreadLocalRandom.current().nextLong(1_000_000)))
                .number();
    }

    /** At this latency on the gpu alone, no answer can come before the importer asks for it. */
    private static Duration twiceTheSetup(Harness harness) {
        harness.inject(DevicePair.NONE);
        RunParameters parameters = new RunParameters(
                RegistrationStrategy.DEFERRED, BUFFERS, false, RunMode.STARTUP, RunParameters.InjectedTiming.NONE);
        double setup = 0;
        for (int i = 0; i < 4; i++) {
            // The last one counts: the ones before have warmed it up.
            setup = harness.run(parameters).setupMillis();
        }
        Duration twice = Duration.ofMillis((long) Math.ceil(2 * setup));
        return twice.compareTo(LONGEST_TRANSIT) > 0 ? LONGEST_TRANSIT : twice;
    }
}
