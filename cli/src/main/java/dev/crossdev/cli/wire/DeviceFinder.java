package dev.crossdev.cli.wire;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.virtio.capture.DeviceKind;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Finds out which service hosts a device that was named without its type. */
public final class DeviceFinder {

    private static final long PATIENCE_SECONDS = 5;

    private DeviceFinder() {}

    /** @throws CommandFailure when both have such a device or neither has */
    public static DeviceKind kindOf(DeviceAddress device, Optional<DeviceKind> said, RunningServiceOptions services) {
        if (said.isPresent()) {
            return said.get();
        }
        if (services.onlyGpuNamed()) {
            return DeviceKind.GPU;
        }
        if (services.onlyVideoNamed()) {
            return DeviceKind.VIDEO;
        }
        List<DeviceKind> those = Stream.of(DeviceKind.values())
                .filter(kind -> isThere(device, address(kind, services), services.channels()))
                .toList();
        if (those.size() == 1) {
            return those.getFirst();
        }
        throw new CommandFailure(
                ExitCode.USAGE,
                those.isEmpty()
                        ? "neither service has a device " + device
                                + " yet: say --type gpu or --type video to wait for it"
                        : "both services have a device " + device + ": say --type gpu or --type video");
    }

    /** Where devices of a kind are hosted. */
    public static HostPort address(DeviceKind kind, RunningServiceOptions services) {
        return switch (kind) {
            case GPU -> services.gpu();
            case VIDEO -> services.video();
        };
    }

    private static boolean isThere(DeviceAddress device, HostPort service, Channels channels) {
        ManagedChannel channel = channels.to(service.host(), service.port());
        try {
            var _ = DeviceAdminGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .getDevice(GetDeviceRequest.newBuilder()
                            .setGuest(device.guest())
                            .setDevice(device.device())
                            .build());
            return true;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return false;
            }
            throw failure(service, e);
        } finally {
            channel.shutdownNow();
        }
    }

    /** A failed call as one line for the person who typed the command. */
    public static RuntimeException failure(HostPort service, StatusRuntimeException e) {
        return e.getStatus().getCode() == Status.Code.UNAVAILABLE
                ? new CommandFailure(
                        ExitCode.UNREACHABLE,
                        "nobody answers at " + service
                                + ": start ./crossdev up, or say where the service is with --gpu and --video, and who you"
                                + " are with --tls-ca, --tls-cert and --tls-key if it wants TLS",
                        e)
                : Statuses.toErrno(e);
    }
}
