package dev.crossdev.cli;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.wire.CaptureFile;
import dev.crossdev.cli.wire.CaptureText;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.cli.wire.DeviceFinder;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.replay.Replay;
import dev.crossdev.grpc.replay.ReplayReport;
import dev.crossdev.grpc.replay.ReplayTarget;
import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.DeviceKind;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Wire logs against fresh devices. */
@Command(
        name = "replay",
        description = {
            "Send a wire log's commands to a fresh device, with the log's features, and show where it answers otherwise. The"
                    + " logs of devices that worked together are replayed together.",
        },
        footer = {
            "",
            "Example: ./crossdev replay gpu.wire video.wire",
            "Exit code 1: an answer differs in more than what is a device's own choice (docs/wire-log.md)."
        })
final class ReplayCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Wire logs.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private List<String> files;

    @Option(
            names = "--device",
            paramLabel = "[GUEST/]NAME",
            description = "The fresh device's name, of each service one. Default: one that nobody has.")
    private @Nullable DeviceAddress device;

    @Option(
            names = "--patience",
            paramLabel = "DURATION",
            description = "How long an answer may take. Default: ${DEFAULT-VALUE}",
            defaultValue = "10s")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration patience;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    @Override
    public Integer call() {
        Map<DeviceKind, ManagedChannel> channels = new EnumMap<>(DeviceKind.class);
        try (Replay replay = open(channels)) {
            return report(replay.run());
        } finally {
            channels.values().forEach(ManagedChannel::shutdownNow);
        }
    }

    private Replay open(Map<DeviceKind, ManagedChannel> channels) {
        String unique = "replay-" + ProcessHandle.current().pid();
        String guest = device == null ? services.guest().orElse(unique) : device.guest();
        List<ReplayTarget> targets = new ArrayList<>();
        for (String file : files) {
            Capture capture = CaptureFile.read(file);
            DeviceKind kind = CaptureFile.kind(file, capture);
            ManagedChannel channel = channels.computeIfAbsent(kind, each -> {
                HostPort address = DeviceFinder.address(each, services);
                return services.channels().to(address.host(), address.port());
            });
            String name = device == null ? unique + "-vm" + targets.size() : device.device();
            targets.add(new ReplayTarget(file, capture, kind, channel, guest, name));
        }
        try {
            return Replay.open(targets, patience);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        }
    }

    private int report(ReplayReport report) {
        PrintWriter out = spec.commandLine().getOut();
        for (ReplayReport.Difference difference : report.differences()) {
            out.println(difference.target().name() + ":" + difference.line() + ": "
                    + new CaptureText(difference.target().kind()).request(difference.exchange()));
            difference.what().forEach(what -> out.println("    " + what));
        }
        report.remarks().forEach(out::println);
        out.println(report.compared() + " exchanges, "
                + (report.differences().isEmpty()
                        ? "nothing differs."
                        : report.differences().size() + " differ."));
        out.flush();
        return (report.differences().isEmpty() ? ExitCode.OK : ExitCode.CHECK_FAILED).number();
    }
}
