package dev.crossdev.grpc.client;

import dev.crossdev.grpc.dialect.GpuDialect;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.grpc.Channel;
import java.time.Duration;

/** The typed stream of a GPU device. */
public final class GpuStream {

    private GpuStream() {}

    /** As {@link DeviceStream#open}. */
    public static DeviceStream<GpuRequest, GpuReply, NoEvent> open(
            Channel channel, OpenStream open, StreamListener<? super NoEvent> listener, Duration timeout) {
        return DeviceStream.open(
                channel, GpuDeviceGrpc.getCommandStreamMethod(), new GpuDialect(), open, listener, timeout);
    }
}
