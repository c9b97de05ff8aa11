package dev.crossdev.grpc.client;

import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.VideoDialect;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import io.grpc.Channel;
import java.time.Duration;

/** The typed stream of a video device. */
public final class VideoStream {

    private VideoStream() {}

    /** As {@link DeviceStream#open}. */
    public static DeviceStream<VideoCommand, VideoResponse, VideoEvent> open(
            Channel channel, OpenStream open, StreamListener<? super VideoEvent> listener, Duration timeout) {
        return DeviceStream.open(
                channel, VideoDeviceGrpc.getCommandStreamMethod(), new VideoDialect(), open, listener, timeout);
    }
}
