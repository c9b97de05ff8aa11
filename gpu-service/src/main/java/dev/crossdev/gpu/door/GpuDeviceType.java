package dev.crossdev.gpu.door;

import dev.crossdev.gpu.device.GpuDevice;
import dev.crossdev.gpu.device.GpuSettings;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.house.DeviceContext;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.HostedDevice;
import dev.crossdev.service.house.RegistrationAnswer;
import dev.crossdev.virtio.FeatureBit;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuFaults;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.timing.FaultyResponses;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A gpu device, as a house sees it. */
public final class GpuDeviceType implements DeviceType<GpuRequest, GpuReply, NoEvent> {

    private final GpuFaults faults = new GpuFaults();
    private final GpuWireForm wire = new GpuWireForm();
    private final LocalObjects objects;
    private final GpuSettings settings;

    public GpuDeviceType(LocalObjects objects, GpuSettings settings) {
        this.objects = objects;
        this.settings = settings;
    }

    @Override
    public String name() {
        return "gpu";
    }

    @Override
    public Features offered() {
        return GpuDevice.OFFERED;
    }

    @Override
    public Collection<? extends FeatureBit> featureNames() {
        return List.of(GpuFeature.values());
    }

    @Override
    public HostedDevice<GpuRequest, GpuReply> create(DeviceContext<NoEvent> context) {
        return HostedDevice.of(new GpuDevice(
                context.features(),
                context.memory(),
                objects.exportsFor(context.guest(), context.device(), context.violations()),
                settings,
                context.configChanged()));
    }

    @Override
    public String responseName(GpuReply reply) {
        return reply.response().result().name();
    }

    @Override
    public int responseNumber(GpuReply reply) {
        return reply.response().result().number();
    }

    @Override
    public boolean isError(GpuReply reply) {
        return reply.response().result().isError();
    }

    @Override
    public boolean isFrame(GpuRequest request, GpuReply reply) {
        return request.command() instanceof GpuCommand.ResourceFlush
                && !reply.response().result().isError();
    }

    @Override
    public boolean registersUuids() {
        return true;
    }

    @Override
    public @Nullable RegistrationAnswer registrationIn(GpuRequest request, GpuReply reply) {
        return request.command() instanceof GpuCommand.ResourceAssignUuid assign
                ? new RegistrationAnswer(
                        assign.resourceId(),
                        reply.response() instanceof GpuResponse.OkResourceUuid(UUID uuid)
                                ? Optional.of(uuid)
                                : Optional.empty(),
                        responseName(reply))
                : null;
    }

    @Override
    public FaultyResponses<GpuRequest, GpuReply> faultyResponses() {
        return faults;
    }

    @Override
    public WireForm<GpuRequest, GpuReply, NoEvent> wireForm() {
        return wire;
    }
}
