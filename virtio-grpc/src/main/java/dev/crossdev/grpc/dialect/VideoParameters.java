package dev.crossdev.grpc.dialect;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.video.v1.Capability;
import dev.crossdev.proto.video.v1.Crop;
import dev.crossdev.proto.video.v1.FormatDescription;
import dev.crossdev.proto.video.v1.FrameDescription;
import dev.crossdev.proto.video.v1.Params;
import dev.crossdev.proto.video.v1.PlaneFormat;
import dev.crossdev.proto.video.v1.Range;
import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.FormatDesc.FormatFrame;
import dev.crossdev.virtio.video.FormatDesc.FormatRange;
import dev.crossdev.virtio.video.VideoLimits;
import dev.crossdev.virtio.video.VideoParams;
import java.util.List;

/** What a video device's queues carry and could carry: parameters and capabilities as records and back. */
final class VideoParameters {

    private VideoParameters() {}

    static Params params(VideoParams params) {
        Params.Builder message = Params.newBuilder()
                .setQueueTypeValue(params.queueType().number())
                .setFormatValue(params.format())
                .setFrameWidth(params.frameWidth())
                .setFrameHeight(params.frameHeight())
                .setMinBuffers(params.minBuffers())
                .setMaxBuffers(params.maxBuffers())
                .setCrop(Crop.newBuilder()
                        .setLeft(params.crop().left())
                        .setTop(params.crop().top())
                        .setWidth(params.crop().width())
                        .setHeight(params.crop().height()))
                .setFrameRate(params.frameRate());
        for (VideoParams.PlaneFormat plane : params.planes()) {
            message.addPlaneFormats(
                    PlaneFormat.newBuilder().setPlaneSize(plane.planeSize()).setStride(plane.stride()));
        }
        return message.build();
    }

    /** @throws ErrnoException EINVAL for a queue that does not exist or too many planes */
    static VideoParams paramsOf(Params message) {
        if (message.getPlaneFormatsCount() > VideoLimits.MAX_PLANES) {
            throw new ErrnoException(Errno.EINVAL, message.getPlaneFormatsCount() + " planes");
        }
        return new VideoParams(
                VideoCommands.queueOf(message.getQueueTypeValue()),
                message.getFormatValue(),
                message.getFrameWidth(),
                message.getFrameHeight(),
                message.getMinBuffers(),
                message.getMaxBuffers(),
                new VideoParams.Crop(
                        message.getCrop().getLeft(),
                        message.getCrop().getTop(),
                        message.getCrop().getWidth(),
                        message.getCrop().getHeight()),
                message.getFrameRate(),
                message.getPlaneFormatsList().stream()
                        .map(plane -> new VideoParams.PlaneFormat(plane.getPlaneSize(), plane.getStride()))
                        .toList());
    }

    static Capability capability(List<FormatDesc> formats) {
        Capability.Builder message = Capability.newBuilder();
        for (FormatDesc format : formats) {
            message.addFormats(FormatDescription.newBuilder()
                    .setMask(format.mask())
                    .setFormatValue(format.format())
                    .setPlanesLayout(format.planesLayouts())
                    .setPlaneAlign(format.planeAlign())
                    .addAllFrames(
                            format.frames().stream().map(VideoParameters::frame).toList()));
        }
        return message.build();
    }

    private static FrameDescription frame(FormatFrame frame) {
        return FrameDescription.newBuilder()
                .setWidth(range(frame.width()))
                .setHeight(range(frame.height()))
                .addAllFrameRates(
                        frame.frameRates().stream().map(VideoParameters::range).toList())
                .build();
    }

    private static Range range(FormatRange range) {
        return Range.newBuilder()
                .setMin(range.min())
                .setMax(range.max())
                .setStep(range.step())
                .build();
    }

    /** @throws ErrnoException EINVAL for more formats than their masks have bits */
    static List<FormatDesc> formatsOf(Capability message) {
        if (message.getFormatsCount() > VideoLimits.MAX_FORMATS) {
            throw new ErrnoException(Errno.EINVAL, message.getFormatsCount() + " formats");
        }
        return message.getFormatsList().stream()
                .map(format -> new FormatDesc(
                        format.getMask(),
                        format.getFormatValue(),
                        format.getPlanesLayout(),
                        format.getPlaneAlign(),
                        format.getFramesList().stream()
                                .map(VideoParameters::frameOf)
                                .toList()))
                .toList();
    }

    private static FormatFrame frameOf(FrameDescription message) {
        return new FormatFrame(
                rangeOf(message.getWidth()),
                rangeOf(message.getHeight()),
                message.getFrameRatesList().stream()
                        .map(VideoParameters::rangeOf)
                        .toList());
    }

    private static FormatRange rangeOf(Range message) {
        return new FormatRange(message.getMin(), message.getMax(), message.getStep());
    }
}
