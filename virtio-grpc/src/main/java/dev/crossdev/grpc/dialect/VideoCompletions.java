package dev.crossdev.grpc.dialect;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.video.v1.ControlValue;
import dev.crossdev.proto.video.v1.ControlValues;
import dev.crossdev.proto.video.v1.QueuedResource;
import dev.crossdev.proto.video.v1.VideoCompletion;
import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code virtio.video.v1.VideoCompletion} and {@code VideoEvent} as records and back. */
final class VideoCompletions {

    private VideoCompletions() {}

    static VideoCompletion message(long sequence, VideoResponse response, Times times) {
        VideoCompletion.Builder message = VideoCompletion.newBuilder()
                .setSequence(sequence)
                .setResultValue(response.result().number())
                .setTimes(DeviceMessages.times(times));
        switch (response) {
            case VideoResponse.OkQueryCapability(List<FormatDesc> formats) ->
                message.setCapability(VideoParameters.capability(formats));
            case VideoResponse.OkResourceQueue(long timestamp, int flags, int size) ->
                message.setQueuedResource(QueuedResource.newBuilder()
                        .setTimestamp(timestamp)
                        .setFlags(flags)
                        .setSize(size));
            case VideoResponse.OkGetParams(VideoParams params) -> message.setParams(VideoParameters.params(params));
            // The contract has no command that is answered so; what it can say of the answer it says.
            case VideoResponse.OkGetParamsExt(VideoParams params, MemType _) ->
                message.setParams(VideoParameters.params(params));
            case VideoResponse.OkQueryControl(List<Integer> values) ->
                message.setControlValues(ControlValues.newBuilder().addAllValues(values));
            case VideoResponse.OkGetControl(int value) ->
                message.setControlValue(ControlValue.newBuilder().setValue(value));
            case VideoResponse.OkNodata _, VideoResponse.Err _ -> {}
        }
        return message.build();
    }

    static Outbound<VideoResponse, VideoEvent> completionOf(VideoCompletion message) {
        @Nullable VideoResponse response;
        try {
            response = responseOf(message);
        } catch (ErrnoException e) {
            return new Outbound.BadCompletion<>(message.getSequence(), String.valueOf(e.getMessage()));
        }
        if (response == null) {
            return new Outbound.BadCompletion<>(
                    message.getSequence(),
                    "result 0x" + Integer.toHexString(message.getResultValue()) + " with " + message.getResponseCase());
        }
        return new Outbound.Completion<>(message.getSequence(), response, DeviceMessages.timesOf(message.getTimes()));
    }

    /** Null for a result without the content that belongs to it, or with a number that is none. */
    private static @Nullable VideoResponse responseOf(VideoCompletion message) {
        Optional<VideoResult> result = VideoResult.of(message.getResultValue());
        if (result.isEmpty()) {
            return null;
        }
        return switch (result.get()) {
            case OK_NODATA -> new VideoResponse.OkNodata();
            case OK_QUERY_CAPABILITY ->
                message.hasCapability()
                        ? new VideoResponse.OkQueryCapability(VideoParameters.formatsOf(message.getCapability()))
                        : null;
            case OK_RESOURCE_QUEUE ->
                message.hasQueuedResource()
                        ? new VideoResponse.OkResourceQueue(
                                message.getQueuedResource().getTimestamp(),
                                message.getQueuedResource().getFlags(),
                                message.getQueuedResource().getSize())
                        : null;
            case OK_GET_PARAMS ->
                message.hasParams()
                        ? new VideoResponse.OkGetParams(VideoParameters.paramsOf(message.getParams()))
                        : null;
            case OK_QUERY_CONTROL ->
                message.hasControlValues()
                        ? new VideoResponse.OkQueryControl(
                                message.getControlValues().getValuesList())
                        : null;
            case OK_GET_CONTROL ->
                message.hasControlValue()
                        ? new VideoResponse.OkGetControl(
                                message.getControlValue().getValue())
                        : null;
            case ERR_INVALID_OPERATION,
                    ERR_OUT_OF_MEMORY,
                    ERR_INVALID_STREAM_ID,
                    ERR_INVALID_RESOURCE_ID,
                    ERR_INVALID_PARAMETER,
                    ERR_UNSUPPORTED_CONTROL -> new VideoResponse.Err(result.get());
        };
    }

    static dev.crossdev.proto.video.v1.VideoEvent event(VideoEvent event) {
        return dev.crossdev.proto.video.v1.VideoEvent.newBuilder()
                .setTypeValue(event.type().number())
                .setStreamId(event.streamId())
                .build();
    }

    static Outbound<VideoResponse, VideoEvent> eventOf(dev.crossdev.proto.video.v1.VideoEvent message) {
        return VideoEventType.of(message.getTypeValue())
                .<Outbound<VideoResponse, VideoEvent>>map(
                        type -> new Outbound.Event<>(new VideoEvent(type, message.getStreamId())))
                .orElseGet(() -> new Outbound.Unknown<>("event type " + message.getTypeValue()));
    }
}
