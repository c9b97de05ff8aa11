package dev.crossdev.cli.admin;

import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.cli.wire.DeviceFinder;
import dev.crossdev.virtio.capture.DeviceKind;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The parameters that name one device of a running service. */
public final class OneDevice {

    @Parameters(index = "0", paramLabel = "DEVICE", description = "[GUEST/]NAME; the guest is default if not said.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private DeviceAddress device;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "gpu or video; needed where both services have such a device, or neither.")
    private @Nullable DeviceKind type;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    /** Does something with the device at its service. */
    public <T> T with(BiFunction<AdminClient, DeviceAddress, T> action) {
        DeviceKind kind = DeviceFinder.kindOf(device, Optional.ofNullable(type), services);
        try (AdminClient client = new AdminClient(DeviceFinder.address(kind, services), services.channels())) {
            return action.apply(client, device);
        }
    }

    @Override
    public String toString() {
        return device.toString();
    }
}
