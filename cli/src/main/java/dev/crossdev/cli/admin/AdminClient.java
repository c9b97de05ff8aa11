package dev.crossdev.cli.admin;

import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.cli.wire.DeviceFinder;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.ClearFaultsRequest;
import dev.crossdev.proto.admin.v1.DeleteDeviceRequest;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc.DeviceAdminBlockingStub;
import dev.crossdev.proto.admin.v1.Display;
import dev.crossdev.proto.admin.v1.GetDisplaysRequest;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListBuffersResponse;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.admin.v1.ListDevicesResponse;
import dev.crossdev.proto.admin.v1.ListRegistrationsRequest;
import dev.crossdev.proto.admin.v1.ListRegistrationsResponse;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.proto.admin.v1.SetDisplayRequest;
import dev.crossdev.proto.admin.v1.SetTimingRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * One service, as its operator reaches it. Every call ends within a few seconds; what the service refuses is an {@link
 * dev.crossdev.dmabuf.error.ErrnoException}, and a service that is not there one line that says what to do.
 */
public final class AdminClient implements AutoCloseable {

    /** A reset or a delete may wait for importers that let go of guest memory. */
    private static final long PATIENCE_SECONDS = 15;

    private static final int PAGE = 1000;

    private final HostPort service;
    private final ManagedChannel channel;

    public AdminClient(HostPort service, Channels channels) {
        this.service = service;
        this.channel = channels.to(service.host(), service.port());
    }

    /** The devices of a guest, or of all, in the service's order. */
    public List<Device> devices(Optional<String> guest) {
        ListDevicesRequest.Builder request =
                ListDevicesRequest.newBuilder().setGuest(guest.orElse("")).setPageSize(PAGE);
        List<Device> devices = new ArrayList<>();
        pages(ListDevicesResponse::getNextPageToken, token -> {
            ListDevicesResponse page =
                    call(stub -> stub.listDevices(request.setPageToken(token).build()));
            devices.addAll(page.getDevicesList());
            return page;
        });
        return devices;
    }

    /**
     * The buffers that the request describes, in the service's order.
     *
     * @param wanted without a page
     */
    public List<Held> buffers(ListBuffersRequest wanted) {
        ListBuffersRequest.Builder request = wanted.toBuilder().setPageSize(PAGE);
        List<Held> buffers = new ArrayList<>();
        pages(ListBuffersResponse::getNextPageToken, token -> {
            ListBuffersResponse page =
                    call(stub -> stub.listBuffers(request.setPageToken(token).build()));
            page.getBuffersList()
                    .forEach(buffer -> buffers.add(new Held(buffer, ProtoTimes.fromProto(page.getTakenAt()))));
            return page;
        });
        return buffers;
    }

    /** The latest registrations, oldest first, in one answer. */
    public ListRegistrationsResponse registrations(Optional<String> guest) {
        ListRegistrationsRequest.Builder request =
                ListRegistrationsRequest.newBuilder().setGuest(guest.orElse("")).setPageSize(PAGE);
        ListRegistrationsResponse.Builder all = ListRegistrationsResponse.newBuilder();
        pages(ListRegistrationsResponse::getNextPageToken, token -> {
            ListRegistrationsResponse page = call(
                    stub -> stub.listRegistrations(request.setPageToken(token).build()));
            all.mergeFrom(page);
            return page;
        });
        return all.clearNextPageToken().build();
    }

    /** How many buffers the request describes, and their bytes; the buffers themselves are not fetched. */
    public ListBuffersResponse totals(ListBuffersRequest wanted) {
        return call(stub -> stub.listBuffers(wanted.toBuilder().setPageSize(1).build()));
    }

    /**
     * The devices as they come, change and go; ends with the call's context, never by a deadline.
     *
     * @param guest empty for all
     */
    public void watch(Optional<String> guest, StreamObserver<WatchDevicesResponse> listener) {
        DeviceAdminGrpc.newStub(channel)
                .watchDevices(
                        WatchDevicesRequest.newBuilder()
                                .setGuest(guest.orElse(""))
                                .build(),
                        listener);
    }

    /** A failed call as one line for the person who typed the command. */
    public RuntimeException failure(Throwable failure) {
        return DeviceFinder.failure(
                service,
                failure instanceof StatusRuntimeException status
                        ? status
                        : new StatusRuntimeException(Status.fromThrowable(failure)));
    }

    /** @param device empty for all devices and those to come */
    public void setTiming(Optional<DeviceAddress> device, DeviceTiming timing) {
        SetTimingRequest.Builder request = SetTimingRequest.newBuilder().setTiming(Timings.toProto(timing));
        device.ifPresent(one -> request.setGuest(one.guest()).setDevice(one.device()));
        var _ = call(stub -> stub.setTiming(request.build()));
    }

    /** @param device empty for all devices and those to come */
    public void inject(Optional<DeviceAddress> device, Fault fault) {
        InjectFaultRequest.Builder request = InjectFaultRequest.newBuilder().setFault(Timings.toProto(fault));
        device.ifPresent(one -> request.setGuest(one.guest()).setDevice(one.device()));
        var _ = call(stub -> stub.injectFault(request.build()));
    }

    /**
     * Disarms.
     *
     * @param device empty for all devices and those to come
     * @return how many faults were armed
     */
    public int clearFaults(Optional<DeviceAddress> device) {
        ClearFaultsRequest.Builder request = ClearFaultsRequest.newBuilder();
        device.ifPresent(one -> request.setGuest(one.guest()).setDevice(one.device()));
        return call(stub -> stub.clearFaults(request.build())).getCleared();
    }

    /** What is plugged into a gpu device's scanouts. */
    public List<Display> displays(DeviceAddress device) {
        GetDisplaysRequest request = GetDisplaysRequest.newBuilder()
                .setGuest(device.guest())
                .setDevice(device.device())
                .build();
        return call(stub -> stub.getDisplays(request)).getDisplaysList();
    }

    /**
     * Plugs a display in, unplugs it, or gives it another size.
     *
     * @param width pixels; 0, like the height, for the size that it had
     * @return all displays of the device
     */
    public List<Display> setDisplay(DeviceAddress device, int scanoutId, boolean enabled, int width, int height) {
        SetDisplayRequest request = SetDisplayRequest.newBuilder()
                .setGuest(device.guest())
                .setDevice(device.device())
                .setScanoutId(scanoutId)
                .setEnabled(enabled)
                .setWidth(width)
                .setHeight(height)
                .build();
        return call(stub -> stub.setDisplay(request)).getDisplaysList();
    }

    /** Returns the epoch that began. */
    public long reset(DeviceAddress device) {
        ResetDeviceRequest request = ResetDeviceRequest.newBuilder()
                .setGuest(device.guest())
                .setDevice(device.device())
                .build();
        return call(stub -> stub.resetDevice(request)).getEpoch();
    }

    /** Unplugs a device. */
    public void delete(DeviceAddress device, boolean allowMissing) {
        DeleteDeviceRequest request = DeleteDeviceRequest.newBuilder()
                .setGuest(device.guest())
                .setDevice(device.device())
                .setAllowMissing(allowMissing)
                .build();
        var _ = call(stub -> stub.deleteDevice(request));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    /** Asks for the page of each token, of which the first is empty. */
    private static <P> void pages(Function<P, String> nextToken, Function<String, P> ask) {
        String token = "";
        do {
            token = nextToken.apply(ask.apply(token));
        } while (!token.isEmpty());
    }

    private <T> T call(Function<DeviceAdminBlockingStub, T> request) {
        try {
            return request.apply(
                    DeviceAdminGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (StatusRuntimeException e) {
            throw DeviceFinder.failure(service, e);
        }
    }
}
