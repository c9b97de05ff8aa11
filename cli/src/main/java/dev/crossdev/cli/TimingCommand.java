package dev.crossdev.cli;

import dev.crossdev.cli.admin.Targets;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Latency;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes running devices slow. */
@Command(
        name = "timing",
        description =
                "Set the latency of running devices; what is not said is none. ./crossdev ls shows it while it is on.",
        footer = {"", "Example: ./crossdev timing --type gpu --transit 10ms", "         ./crossdev timing --off"})
final class TimingCommand implements Callable<Integer> {

    @Option(
            names = "--transit",
            paramLabel = "TIME",
            description = "Added each way, overlapping, like a bus: 2ms, uniform:1ms..3ms, exponential:2ms.")
    private @Nullable Latency transit;

    @Option(
            names = "--service-time",
            paramLabel = "TIME",
            description = "Taken for each command, one after another, like a busy device.")
    private @Nullable Latency service;

    @Option(names = "--off", description = "As fast as they can.")
    private boolean off;

    @Mixin
    private final Targets targets = new Targets();

    @Override
    public Integer call() {
        if (off == (transit != null || service != null)) {
            throw new CommandFailure(
                    ExitCode.USAGE, "say --transit, --service-time or both, or --off (see crossdev timing --help)");
        }
        DeviceTiming timing =
                new DeviceTiming(transit == null ? Latency.ZERO : transit, service == null ? Latency.ZERO : service);
        targets.each(List.of(DeviceKind.values()), admin -> admin.setTiming(targets.device(), timing));
        return ExitCode.OK.number();
    }
}
