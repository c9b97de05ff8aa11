package dev.crossdev.cli;

import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.wire.CaptureFile;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.cli.wire.DeviceFinder;
import dev.crossdev.cli.wire.Tap;
import dev.crossdev.cli.wire.TapRecorder;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.proto.admin.v1.TapDeviceRequest;
import dev.crossdev.virtio.capture.CaptureWriter;
import dev.crossdev.virtio.capture.DeviceKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What travels between a driver and a device, into a file. */
@Command(
        name = "tap",
        description = {
            "Write what travels between a driver and a device into a wire log, whatever door it takes, until Ctrl-C or until"
                    + " the device goes away. A device that is not there yet is waited for."
        },
        footer = {
            "",
            "Example: ./crossdev tap --type gpu vm0 gpu.wire, then ./crossdev decode gpu.wire",
            "The format: docs/wire-log.md"
        })
final class TapCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DEVICE", description = "[GUEST/]NAME; the guest is default if not said.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private DeviceAddress device;

    @Parameters(index = "1", paramLabel = "FILE", description = "Where the wire log goes; - is the standard output.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String file;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "gpu or video; needed where both services have such a device, or neither yet.")
    private @Nullable DeviceKind type;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "End after N exchanges.",
            defaultValue = "" + Long.MAX_VALUE,
            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
    private long count;

    @Option(names = "--for", paramLabel = "DURATION", description = "End after this long, such as 500ms or 10s.")
    private @Nullable Duration duration;

    @Option(
            names = "--memory",
            description =
                    "Also the guest memory that a video device reads: its bitstream. replay needs it to decode again.")
    private boolean memory;

    @Option(names = "--no-wait", description = "Fail when the device is not there.")
    private boolean noWait;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    @Override
    public Integer call() throws IOException {
        // The log itself may go to the standard output.
        PrintWriter err = spec.commandLine().getErr();
        DeviceKind kind = DeviceFinder.kindOf(device, Optional.ofNullable(type), services);
        TapDeviceRequest request = TapDeviceRequest.newBuilder()
                .setGuest(device.guest())
                .setDevice(device.device())
                .setWait(!noWait)
                .setMemory(memory)
                .build();
        HostPort service = DeviceFinder.address(kind, services);
        // Only now, since it makes the file.
        TapRecorder recorder = new TapRecorder(new CaptureWriter(CaptureFile.writer(file)));
        try (Tap tap = new Tap(service, services.channels())) {
            Thread hook = new Thread(tap::stop, "stop-tap");
            Runtime.getRuntime().addShutdownHook(hook);
            if (duration != null) {
                CompletableFuture.delayedExecutor(duration.toNanos(), TimeUnit.NANOSECONDS, Thread::startVirtualThread)
                        .execute(tap::stop);
            }
            tap.run(request, recorder, count, part -> {
                switch (part.getPartCase()) {
                    case WAITING ->
                        say(err, "Waiting for " + kind.typeName() + " device " + device + " to be made; Ctrl-C ends.");
                    case HEADER -> say(err, "Watching " + kind.typeName() + " device " + device + "; Ctrl-C ends.");
                    default -> {}
                }
            });
            removeHook(hook);
        }
        say(
                err,
                recorder.exchanges() + " exchanges in " + file
                        + (recorder.dropped() > 0 ? ", " + recorder.dropped() + " missed" : "") + ".");
        return 0;
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook is what ended the tap.
        }
    }

    private static void say(PrintWriter err, String line) {
        err.println(line);
        err.flush();
    }
}
