package dev.crossdev.grpc.client;

import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Asks services what they are. The caller waits; each failure is an {@link dev.crossdev.dmabuf.error.ErrnoException}. */
public final class Descriptions {

    private Descriptions() {}

    /** @throws dev.crossdev.dmabuf.error.ErrnoException DeviceGoneException when there is nobody; ETIMEDOUT */
    public static ServiceInfo gpu(Channel channel, Duration timeout) {
        try {
            return ServiceInfo.fromProto(GpuDeviceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    .describe(dev.crossdev.proto.gpu.v1.DescribeRequest.getDefaultInstance())
                    .getService());
        } catch (StatusRuntimeException e) {
            throw Statuses.toErrno(e);
        }
    }

    /** @throws dev.crossdev.dmabuf.error.ErrnoException DeviceGoneException when there is nobody; ETIMEDOUT */
    public static ServiceInfo video(Channel channel, Duration timeout) {
        try {
            return ServiceInfo.fromProto(VideoDeviceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    .describe(dev.crossdev.proto.video.v1.DescribeRequest.getDefaultInstance())
                    .getService());
        } catch (StatusRuntimeException e) {
            throw Statuses.toErrno(e);
        }
    }
}
