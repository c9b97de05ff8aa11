package dev.crossdev.cli.admin;

import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.cli.wire.DeviceFinder;
import dev.crossdev.virtio.capture.DeviceKind;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what a knob is turned at: one device, or all of a service and those to come. */
public final class Targets {

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "[GUEST/]NAME. Default: all devices, and those to come.")
    private @Nullable DeviceAddress device;

    @Option(names = "--type", paramLabel = "TYPE", description = "Only gpu or only video devices.")
    private @Nullable DeviceKind type;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    /** The one device; empty for all. */
    public Optional<DeviceAddress> device() {
        return Optional.ofNullable(device);
    }

    /**
     * Does something at each service that is meant.
     *
     * @param unsaid the kinds that are meant when neither a device nor a type was said
     */
    public void each(List<DeviceKind> unsaid, Consumer<AdminClient> action) {
        List<DeviceKind> kinds = device != null
                ? List.of(DeviceFinder.kindOf(device, Optional.ofNullable(type), services))
                : type != null ? List.of(type) : unsaid;
        for (DeviceKind kind : kinds) {
            try (AdminClient client = new AdminClient(DeviceFinder.address(kind, services), services.channels())) {
                action.accept(client);
            }
        }
    }
}
