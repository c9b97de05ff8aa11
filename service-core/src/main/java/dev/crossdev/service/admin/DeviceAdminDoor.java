package dev.crossdev.service.admin;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.CaptureScanoutRequest;
import dev.crossdev.proto.admin.v1.CaptureScanoutResponse;
import dev.crossdev.proto.admin.v1.ClearFaultsRequest;
import dev.crossdev.proto.admin.v1.ClearFaultsResponse;
import dev.crossdev.proto.admin.v1.DeleteDeviceRequest;
import dev.crossdev.proto.admin.v1.DeleteDeviceResponse;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.GetDeviceResponse;
import dev.crossdev.proto.admin.v1.GetDisplaysRequest;
import dev.crossdev.proto.admin.v1.GetDisplaysResponse;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.proto.admin.v1.InjectFaultResponse;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListBuffersResponse;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.admin.v1.ListDevicesResponse;
import dev.crossdev.proto.admin.v1.ListRegistrationsRequest;
import dev.crossdev.proto.admin.v1.ListRegistrationsResponse;
import dev.crossdev.proto.admin.v1.ReportRegistrationsRequest;
import dev.crossdev.proto.admin.v1.ReportRegistrationsResponse;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.proto.admin.v1.ResetDeviceResponse;
import dev.crossdev.proto.admin.v1.SetDisplayRequest;
import dev.crossdev.proto.admin.v1.SetDisplayResponse;
import dev.crossdev.proto.admin.v1.SetTimingRequest;
import dev.crossdev.proto.admin.v1.SetTimingResponse;
import dev.crossdev.proto.admin.v1.TapDeviceRequest;
import dev.crossdev.proto.admin.v1.TapDeviceResponse;
import dev.crossdev.proto.admin.v1.WatchDevicesRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.service.call.UnaryCall;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.service.registration.Registration;
import dev.crossdev.service.registration.RegistrationLog;
import dev.crossdev.virtio.Displays;
import dev.crossdev.virtio.ScanoutImage;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** {@code virtio.admin.v1.DeviceAdmin}. What may wait for a device waits on a virtual thread. */
@GrpcService
@Singleton
public class DeviceAdminDoor extends DeviceAdminGrpc.DeviceAdminImplBase {

    /** Pictures are megabytes each. */
    private static final int MAX_CAPTURES = 16;

    private final DeviceHouse<?, ?, ?> house;
    private final BufferListing buffers;
    private final RegistrationLog registrations;
    private final Semaphore captures = new Semaphore(MAX_CAPTURES);

    public DeviceAdminDoor(DeviceHouse<?, ?, ?> house, RegistrationLog registrations) {
        this.house = house;
        this.registrations = registrations;
        this.buffers = new BufferListing(house);
    }

    @Override
    public void listDevices(ListDevicesRequest request, StreamObserver<ListDevicesResponse> responses) {
        UnaryCall.of(responses).now(() -> {
            Pages.Page<DeviceView> page = Pages.cut(
                    house.inventory().list(Addressed.guestOrAll(request.getGuest())),
                    view -> Addressed.position(view.key()),
                    request.getPageSize(),
                    request.getPageToken());
            ListDevicesResponse.Builder response =
                    ListDevicesResponse.newBuilder().setNextPageToken(page.nextToken());
            page.elements().forEach(view -> response.addDevices(AdminMessages.device(view, house.type())));
            return response.build();
        });
    }

    @Override
    public void getDevice(GetDeviceRequest request, StreamObserver<GetDeviceResponse> responses) {
        UnaryCall.of(responses)
                .now(() -> GetDeviceResponse.newBuilder()
                        .setDevice(AdminMessages.device(
                                house.inventory().get(Addressed.one(request.getGuest(), request.getDevice())),
                                house.type()))
                        .build());
    }

    @Override
    public void watchDevices(WatchDevicesRequest request, StreamObserver<WatchDevicesResponse> responses) {
        DeviceWatchStream.send(house, request, (ServerCallStreamObserver<WatchDevicesResponse>) responses);
    }

    @Override
    public void resetDevice(ResetDeviceRequest request, StreamObserver<ResetDeviceResponse> responses) {
        UnaryCall.of(responses)
                .afterWaiting(() -> ResetDeviceResponse.newBuilder()
                        .setEpoch(house.reset(Addressed.one(request.getGuest(), request.getDevice())))
                        .build());
    }

    @Override
    public void deleteDevice(DeleteDeviceRequest request, StreamObserver<DeleteDeviceResponse> responses) {
        UnaryCall.of(responses).afterWaiting(() -> {
            try {
                house.delete(Addressed.one(request.getGuest(), request.getDevice()), "an operator deleted it");
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ENOENT || !request.getAllowMissing()) {
                    throw e;
                }
            }
            return DeleteDeviceResponse.getDefaultInstance();
        });
    }

    @Override
    public void listBuffers(ListBuffersRequest request, StreamObserver<ListBuffersResponse> responses) {
        UnaryCall.of(responses).now(() -> buffers.list(request));
    }

    @Override
    public void captureScanout(CaptureScanoutRequest request, StreamObserver<CaptureScanoutResponse> responses) {
        if (!captures.tryAcquire()) {
            responses.onError(Statuses.toException(
                    new ErrnoException(Errno.ENOBUFS, MAX_CAPTURES + " pictures are on their way already")));
            return;
        }
        ScanoutStream.send(
                (ServerCallStreamObserver<CaptureScanoutResponse>) responses,
                () -> capture(request),
                captures::release);
    }

    @Override
    public void tapDevice(TapDeviceRequest request, StreamObserver<TapDeviceResponse> responses) {
        TapStream.send(
                house.type().name(),
                (ServerCallStreamObserver<TapDeviceResponse>) responses,
                listener -> house.taps()
                        .open(
                                Addressed.one(request.getGuest(), request.getDevice()),
                                request.getWait(),
                                request.getMemory(),
                                listener));
    }

    @Override
    public void getDisplays(GetDisplaysRequest request, StreamObserver<GetDisplaysResponse> responses) {
        UnaryCall.of(responses)
                .now(() -> GetDisplaysResponse.newBuilder()
                        .addAllDisplays(
                                AdminMessages.displays(displays(Addressed.one(request.getGuest(), request.getDevice()))
                                        .all()))
                        .build());
    }

    @Override
    public void setDisplay(SetDisplayRequest request, StreamObserver<SetDisplayResponse> responses) {
        UnaryCall.of(responses).now(() -> {
            boolean sized = request.getWidth() != 0 || request.getHeight() != 0;
            return SetDisplayResponse.newBuilder()
                    .addAllDisplays(AdminMessages.displays(displays(
                                    Addressed.one(request.getGuest(), request.getDevice()))
                            .set(
                                    request.getScanoutId(),
                                    request.getEnabled(),
                                    sized
                                            ? Optional.of(new Displays.Size(request.getWidth(), request.getHeight()))
                                            : Optional.empty())))
                    .build();
        });
    }

    @Override
    public void reportRegistrations(
            ReportRegistrationsRequest request, StreamObserver<ReportRegistrationsResponse> responses) {
        UnaryCall.of(responses).now(() -> {
            if (!house.type().registersUuids()) {
                throw new ErrnoException(Errno.EOPNOTSUPP, "a " + house.type().name() + " device registers no UUIDs");
            }
            registrations.reported(
                    Addressed.one(request.getGuest(), request.getDevice()),
                    RegistrationMessages.word("strategy", request.getStrategy()),
                    BootId.of(request.getBootId()).isSameMachine(BootId.local()),
                    RegistrationMessages.notes(request));
            return ReportRegistrationsResponse.getDefaultInstance();
        });
    }

    @Override
    public void listRegistrations(
            ListRegistrationsRequest request, StreamObserver<ListRegistrationsResponse> responses) {
        UnaryCall.of(responses).now(() -> {
            Pages.Page<Registration> page = Pages.cut(
                    registrations.list(Addressed.guestOrAll(request.getGuest())),
                    each -> "%020d".formatted(each.number()),
                    request.getPageSize(),
                    request.getPageToken());
            return ListRegistrationsResponse.newBuilder()
                    .addAllRegistrations(page.elements().stream()
                            .map(RegistrationMessages::registration)
                            .toList())
                    .setNextPageToken(page.nextToken())
                    .setNowNanos(System.nanoTime())
                    .build();
        });
    }

    @Override
    public void setTiming(SetTimingRequest request, StreamObserver<SetTimingResponse> responses) {
        UnaryCall.of(responses).now(() -> {
            house.knobs()
                    .setTiming(
                            Addressed.oneOrAll(request.getGuest(), request.getDevice()),
                            Timings.fromProto(request.getTiming()));
            return SetTimingResponse.getDefaultInstance();
        });
    }

    @Override
    public void injectFault(InjectFaultRequest request, StreamObserver<InjectFaultResponse> responses) {
        UnaryCall.of(responses).now(() -> {
            house.knobs()
                    .inject(
                            Addressed.oneOrAll(request.getGuest(), request.getDevice()),
                            Timings.fromProto(request.getFault()));
            return InjectFaultResponse.getDefaultInstance();
        });
    }

    @Override
    public void clearFaults(ClearFaultsRequest request, StreamObserver<ClearFaultsResponse> responses) {
        UnaryCall.of(responses)
                .now(() -> ClearFaultsResponse.newBuilder()
                        .setCleared(house.knobs().clear(Addressed.oneOrAll(request.getGuest(), request.getDevice())))
                        .build());
    }

    private Displays displays(DeviceKey key) {
        return house.inventory()
                .inspect(key)
                .displays()
                .orElseThrow(() ->
                        new ErrnoException(Errno.EOPNOTSUPP, "a " + house.type().name() + " device has no displays"));
    }

    private ScanoutImage capture(CaptureScanoutRequest request) {
        DeviceKey key = Addressed.one(request.getGuest(), request.getDevice());
        return house.inventory()
                .inspect(key)
                .captureScanout(request.getScanoutId())
                .orElseThrow(() -> new ErrnoException(
                        Errno.ENOENT,
                        "scanout " + Integer.toUnsignedString(request.getScanoutId()) + " of " + key
                                + " is not there or shows nothing"));
    }
}
