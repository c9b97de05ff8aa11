package dev.crossdev.cli;

import dev.crossdev.cli.launch.CrossdevVersion;
import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.report.ClipFacts;
import dev.crossdev.cli.report.CpuTimes;
import dev.crossdev.cli.report.MachineFacts;
import dev.crossdev.cli.report.Report;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.RunChecks;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.DevicePair;
import dev.crossdev.cli.run.Findings;
import dev.crossdev.cli.run.GuestMetrics;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.cli.run.Progress;
import dev.crossdev.cli.run.RunOptions;
import dev.crossdev.cli.run.ServiceOptions;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import dev.crossdev.cli.run.TimingOptions;
import dev.crossdev.cli.run.TraceOptions;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
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

/** One strategy, one run. */
@Command(
        name = "play",
        description =
                "Decode a clip once, into buffers that the gpu device allocated, under one registration strategy.",
        footer = {
            "",
            "Example: ./crossdev play clips/demo.mp4 --strategy block-at-export --transit 2ms",
            "The services are warmed up by two start-ups whose times do not count."
        })
final class PlayCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "CLIP", description = "H.264, in Annex B or MP4.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Mixin
    private final RunOptions run = new RunOptions();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where report.json, report.html and pictures go. Default: ${DEFAULT-VALUE}",
            defaultValue = "target/play")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path out;

    @Option(
            names = "--guest",
            paramLabel = "NAME",
            description =
                    "The tenant's name, for those who watch. Its devices are vm0 and vm1 while it warms up, then vm2."
                            + " Default: one that nobody has, or with TLS the own certificate's.")
    private @Nullable String guest;

    @Mixin
    private final TimingOptions timing = new TimingOptions();

    @Mixin
    private final ServiceOptions services = new ServiceOptions();

    @Mixin
    private final GuestMetrics metrics = new GuestMetrics();

    @Mixin
    private final TraceOptions tracing = new TraceOptions();

    @Override
    public Integer call() {
        Optional<DevicePair> latency = timing.timing();
        RunParameters parameters = run.parameters(RunMode.FULL, latency.orElse(DevicePair.NONE));
        ClipFile clip = ClipFile.open(file);
        Report report;
        try (Progress progress = new Progress(spec.commandLine().getOut(), System.console() != null);
                GuestMetrics.Served served = metrics.serve();
                TraceOptions.Tracing spans = tracing.open()) {
            progress.step("starting the services");
            try (ServicesInUse inUse = services.services(Home::folder, spans.serviceSettings());
                    Harness harness = Harness.connect(
                            Optional.ofNullable(guest),
                            inUse,
                            clip,
                            parameters.buffers(),
                            served.registry(),
                            spans.traces())) {
                CpuTimes before = CpuTimes.now();
                progress.step("warming up");
                // What somebody has set at services of their own stays, when nothing else is asked for.
                latency.ifPresent(harness::inject);
                harness.run(parameters.withMode(RunMode.STARTUP));
                double floor = harness.run(parameters.withMode(RunMode.FLOOR)).startupMillis();
                progress.step("decoding");
                ReportRun played = harness.run(parameters).withFloor(floor);
                latency.ifPresent(_ -> harness.inject(DevicePair.NONE));
                report = Report.of(
                        harness.versions(CrossdevVersion.text()),
                        ClipFacts.of(clip.name(), clip.clip().info()),
                        MachineFacts.since(before),
                        0,
                        clip.reference().hex(),
                        List.of(played));
                progress.close();
                Findings.publish(
                        report, harness.pictures(), out, spec.commandLine().getOut());
            }
        }
        return Findings.verdict(RunChecks.of(report), spec.commandLine().getErr())
                .number();
    }
}
