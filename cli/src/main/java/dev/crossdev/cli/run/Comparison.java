package dev.crossdev.cli.run;

import dev.crossdev.cli.launch.CrossdevVersion;
import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.report.ClipFacts;
import dev.crossdev.cli.report.CpuTimes;
import dev.crossdev.cli.report.MachineFacts;
import dev.crossdev.cli.report.Report;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.RunChecks;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;

/** Services, a guest, a sweep, the findings: what {@code compare} and {@code demo} have in common. */
public final class Comparison {

    private final CommandLine command;
    private final ServiceOptions services;
    private final GuestMetrics metrics;
    private final TraceOptions tracing;
    private final ClipFile clip;
    private final int mostBuffers;
    private final Path folder;

    /** @param mostBuffers the largest number of output buffers that will be planned */
    public Comparison(
            CommandLine command,
            ServiceOptions services,
            GuestMetrics metrics,
            TraceOptions tracing,
            ClipFile clip,
            int mostBuffers,
            Path folder) {
        this.command = command;
        this.services = services;
        this.metrics = metrics;
        this.tracing = tracing;
        this.clip = clip;
        this.mostBuffers = mostBuffers;
        this.folder = folder;
    }

    /**
     * Runs.
     *
     * @param planner makes the plan, and may use the harness to find out what to plan
     */
    public ExitCode run(Function<Harness, Plan> planner) {
        Report report;
        try (Progress progress = new Progress(command.getOut(), System.console() != null);
                GuestMetrics.Served served = metrics.serve();
                TraceOptions.Tracing spans = tracing.open()) {
            progress.step("starting gpu-service and video-service");
            try (ServicesInUse inUse = services.services(Home::folder, spans.serviceSettings())) {
                inUse.own()
                        .ifPresent(own -> progress.say(
                                "gpu-service and video-service are ready after " + own.startupMillis() + " ms"));
                try (Harness harness = Harness.connect(inUse, clip, mostBuffers, served.registry(), spans.traces())) {
                    CpuTimes before = CpuTimes.now();
                    progress.step("warming up");
                    Plan plan = planner.apply(harness);
                    List<ReportRun> runs = new Sweep(harness, progress).run(plan);
                    harness.inject(DevicePair.NONE);
                    report = Report.of(
                            harness.versions(CrossdevVersion.text()),
                            ClipFacts.of(clip.name(), clip.clip().info()),
                            MachineFacts.since(before),
                            plan.seed(),
                            clip.reference().hex(),
                            runs);
                    progress.close();
                    Findings.publish(report, harness.pictures(), folder, command.getOut());
                }
            }
        }
        return Findings.verdict(RunChecks.of(report), command.getErr());
    }
}
