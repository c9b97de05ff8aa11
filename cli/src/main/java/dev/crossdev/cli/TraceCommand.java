package dev.crossdev.cli;

import dev.crossdev.cli.launch.CrossdevVersion;
import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.report.ReportJson;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.DevicePair;
import dev.crossdev.cli.run.GuestMetrics;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.cli.run.Progress;
import dev.crossdev.cli.run.RunOptions;
import dev.crossdev.cli.run.ServiceOptions;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import dev.crossdev.cli.run.TimingOptions;
import dev.crossdev.cli.trace.TraceFile;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.trace.RegistrationTraces;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A run for a trace viewer. */
@Command(
        name = "trace",
        description = {
            "Write a start-up as a trace file: each buffer's registration in flight, the device's work on it, who was",
            "blocked, and when. Open it in ui.perfetto.dev or chrome://tracing."
        },
        footer = {
            "",
            "Example: ./crossdev trace target/trace.json --strategy deferred --transit 10ms",
            "         ./crossdev trace target/trace.json --report target/demo/report.json"
        })
final class TraceCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "OUT", description = "The trace file, JSON.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path out;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "CLIP",
            description = "H.264, in Annex B or MP4. Default: the checkout's clips/demo.mp4")
    private @Nullable Path file;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Make no run: write the runs of a report.json, each as a process of its own.")
    private @Nullable Path report;

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final TimingOptions timing = new TimingOptions();

    @Mixin
    private final ServiceOptions services = new ServiceOptions();

    @Mixin
    private final GuestMetrics metrics = new GuestMetrics();

    @Override
    public Integer call() {
        List<ReportRun> runs = report == null ? List.of(perform()) : read(report);
        try {
            TraceFile.of(runs, CrossdevVersion.text()).write(out);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot write " + out + ": " + e.getMessage(), e);
        }
        spec.commandLine().getOut().printf("Trace: %s (open it in ui.perfetto.dev or chrome://tracing)%n", out);
        spec.commandLine().getOut().flush();
        return ExitCode.OK.number();
    }

    private ReportRun perform() {
        Optional<DevicePair> latency = timing.timing();
        RunParameters parameters = run.parameters(RunMode.STARTUP, latency.orElse(DevicePair.NONE));
        ClipFile clip = ClipFile.open(
                file != null ? file : Home.folder().resolve("clips").resolve("demo.mp4"));
        try (Progress progress = new Progress(spec.commandLine().getOut(), System.console() != null);
                GuestMetrics.Served served = metrics.serve()) {
            progress.step("starting the services");
            try (ServicesInUse inUse = services.services(Home::folder);
                    Harness harness = Harness.connect(
                            inUse, clip, parameters.buffers(), served.registry(), RegistrationTraces.OFF)) {
                progress.step("warming up");
                // What somebody has set at services of their own stays, when nothing else is asked for.
                latency.ifPresent(harness::inject);
                // What runs for the first time is no run's cost.
                ReportRun warmUp = harness.run(parameters);
                progress.step(warmUp.strategy());
                ReportRun traced = harness.run(parameters);
                latency.ifPresent(_ -> harness.inject(DevicePair.NONE));
                return traced;
            }
        }
    }

    private static List<ReportRun> read(Path report) {
        try {
            return ReportJson.read(report).runs();
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot read " + report + ": " + e.getMessage(), e);
        }
    }
}
