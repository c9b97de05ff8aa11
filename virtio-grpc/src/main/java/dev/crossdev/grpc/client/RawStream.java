package dev.crossdev.grpc.client;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.grpc.dialect.RawGpuClientDialect;
import dev.crossdev.grpc.dialect.RawVideoClientDialect;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import io.grpc.Channel;
import java.time.Duration;

/** The raw streams: chains of bytes go in, what the device wrote comes out. */
public final class RawStream {

    private RawStream() {}

    /** As {@link DeviceStream#open}; queue 0 is the control queue, 1 the cursor queue. */
    public static DeviceStream<RawChain, ByteString, NoEvent> openGpu(
            Channel channel, OpenStream open, StreamListener<? super NoEvent> listener, Duration timeout) {
        return DeviceStream.open(
                channel, GpuDeviceGrpc.getControlQueueMethod(), new RawGpuClientDialect(), open, listener, timeout);
    }

    /** As {@link DeviceStream#open}; queue 0 is the command queue, 1 the event queue. */
    public static DeviceStream<RawChain, ByteString, NoEvent> openVideo(
            Channel channel, OpenStream open, StreamListener<? super NoEvent> listener, Duration timeout) {
        return DeviceStream.open(
                channel, VideoDeviceGrpc.getControlQueueMethod(), new RawVideoClientDialect(), open, listener, timeout);
    }
}
