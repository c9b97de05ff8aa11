package dev.crossdev.video.door;

import dev.crossdev.service.house.DeviceContext;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.HostedDevice;
import dev.crossdev.video.device.DecoderLimits;
import dev.crossdev.video.device.ObjectImporter;
import dev.crossdev.video.device.VideoDecoderDevice;
import dev.crossdev.virtio.FeatureBit;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.timing.FaultyResponses;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoFaults;
import dev.crossdev.virtio.video.VideoFeature;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.util.Collection;
import java.util.List;

/** A video decoder, as a house sees it. */
public final class VideoDeviceType implements DeviceType<VideoCommand, VideoResponse, VideoEvent> {

    private final VideoFaults faults = new VideoFaults();
    private final VideoWireForm wire = new VideoWireForm();
    private final ObjectImporter importer;
    private final DecoderLimits limits;

    public VideoDeviceType(ObjectImporter importer, DecoderLimits limits) {
        this.importer = importer;
        this.limits = limits;
    }

    @Override
    public String name() {
        return "video";
    }

    @Override
    public Features offered() {
        return VideoDecoderDevice.OFFERED;
    }

    @Override
    public Collection<? extends FeatureBit> featureNames() {
        return List.of(VideoFeature.values());
    }

    @Override
    public HostedDevice<VideoCommand, VideoResponse> create(DeviceContext<VideoEvent> context) {
        return HostedDevice.of(new VideoDecoderDevice(
                context.guest(),
                context.device(),
                context.features(),
                context.memory(),
                importer,
                limits,
                context.events()));
    }

    @Override
    public String responseName(VideoResponse response) {
        return response.result().name();
    }

    @Override
    public int responseNumber(VideoResponse response) {
        return response.result().number();
    }

    @Override
    public boolean isError(VideoResponse response) {
        return response.result().isError();
    }

    /** Only an output is written to, and one that ends its stream without a picture has no size. */
    @Override
    public boolean isFrame(VideoCommand command, VideoResponse response) {
        return response instanceof OkResourceQueue done && done.size() > 0 && !done.has(BufferFlags.ERR);
    }

    @Override
    public FaultyResponses<VideoCommand, VideoResponse> faultyResponses() {
        return faults;
    }

    @Override
    public WireForm<VideoCommand, VideoResponse, VideoEvent> wireForm() {
        return wire;
    }
}
