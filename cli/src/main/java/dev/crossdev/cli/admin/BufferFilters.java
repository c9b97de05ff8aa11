package dev.crossdev.cli.admin;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.BufferSuspicion;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.virtio.capture.DeviceKind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that narrow down what is listed; all that are given must hold. */
public final class BufferFilters {

    @Option(names = "--guest", paramLabel = "GUEST", description = "Only this tenant's. Default: all.")
    private @Nullable String guest;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "Only this device and its buffers: [GUEST/]NAME; the guest is default if not said.")
    private @Nullable DeviceAddress device;

    @Option(names = "--type", paramLabel = "TYPE", description = "Only gpu or only video devices.")
    private @Nullable DeviceKind type;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            description = "Only buffers in this state: none, OK, WITHDRAWN (its resource is gone), imported.")
    private @Nullable String state;

    @Option(
            names = "--holder",
            paramLabel = "IMPORTER",
            description = "Only buffers that this importer has attached to, or this device of it.")
    private @Nullable String holder;

    @Option(names = "--unattached", description = "Only buffers that somebody holds and no importer is attached to.")
    private boolean unattached;

    @Option(names = "--never-asked", description = "Only buffers with a UUID that no importer ever asked for.")
    private boolean neverAsked;

    @Option(
            names = "--attached-twice",
            description = "Only buffers that one importer is on more than once: perhaps a detach is missing.")
    private boolean attachedTwice;

    @Option(names = "--waited-for", description = "Only buffers whose UUID somebody waits for.")
    private boolean waitedFor;

    @Option(names = "--busy", description = "Only buffers with a fence that has not signalled.")
    private boolean busy;

    @Option(names = "--failed", description = "Only buffers whose registration failed.")
    private boolean failed;

    @Option(
            names = "--older-than",
            paramLabel = "TIME",
            description = "Only buffers of at least that age, such as 90s.")
    private @Nullable Duration olderThan;

    /** The services that are asked. */
    public List<DeviceKind> kinds() {
        return type == null ? List.of(DeviceKind.values()) : List.of(type);
    }

    /** Empty: all. */
    public Optional<String> guest() {
        if (guest != null && device != null && !guest.equals(device.guest())) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--guest " + guest + " and --device " + device + " exclude each other: say --device " + guest + "/"
                            + device.device());
        }
        return device == null ? Optional.ofNullable(guest) : Optional.of(device.guest());
    }

    /** Empty: all. */
    public Optional<String> device() {
        return Optional.ofNullable(device).map(DeviceAddress::device);
    }

    /** For the service, which does the filtering; without a page. */
    public ListBuffersRequest request() {
        ListBuffersRequest.Builder request = ListBuffersRequest.newBuilder();
        guest().ifPresent(request::setGuest);
        device().ifPresent(request::setDevice);
        if (state != null) {
            request.setState(state);
        }
        if (holder != null) {
            request.setHolder(holder);
        }
        if (olderThan != null) {
            request.setMinAge(ProtoTimes.toProto(olderThan));
        }
        add(request, unattached, BufferSuspicion.BUFFER_SUSPICION_UNATTACHED);
        add(request, neverAsked, BufferSuspicion.BUFFER_SUSPICION_NEVER_ASKED);
        add(request, attachedTwice, BufferSuspicion.BUFFER_SUSPICION_ATTACHED_TWICE);
        add(request, waitedFor, BufferSuspicion.BUFFER_SUSPICION_WAITED_FOR);
        add(request, busy, BufferSuspicion.BUFFER_SUSPICION_BUSY);
        add(request, failed, BufferSuspicion.BUFFER_SUSPICION_FAILED);
        return request.build();
    }

    private static void add(ListBuffersRequest.Builder request, boolean asked, BufferSuspicion suspicion) {
        if (asked) {
            request.addSuspicions(suspicion);
        }
    }
}
