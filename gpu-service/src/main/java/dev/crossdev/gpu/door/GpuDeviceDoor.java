package dev.crossdev.gpu.door;

import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.ControlQueueRequest;
import dev.crossdev.proto.gpu.v1.ControlQueueResponse;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.DescribeResponse;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.ExecuteResponse;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.service.call.UnaryCall;
import dev.crossdev.service.door.ExecuteDoor;
import dev.crossdev.service.door.StreamDoor;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.grpc.stub.StreamObserver;

/** {@code virtio.gpu.v1.GpuDevice}. */
public class GpuDeviceDoor extends GpuDeviceGrpc.GpuDeviceImplBase {

    private final StreamDoor<GpuRequest, GpuReply, NoEvent, CommandStreamRequest, CommandStreamResponse> typed;
    private final StreamDoor<GpuRequest, GpuReply, NoEvent, ControlQueueRequest, ControlQueueResponse> raw;
    private final ExecuteDoor<GpuRequest, GpuReply, NoEvent, ExecuteRequest, ExecuteResponse> single;
    private final ServiceInfo info;

    public GpuDeviceDoor(
            StreamDoor<GpuRequest, GpuReply, NoEvent, CommandStreamRequest, CommandStreamResponse> typed,
            StreamDoor<GpuRequest, GpuReply, NoEvent, ControlQueueRequest, ControlQueueResponse> raw,
            ExecuteDoor<GpuRequest, GpuReply, NoEvent, ExecuteRequest, ExecuteResponse> single,
            ServiceInfo info) {
        this.typed = typed;
        this.raw = raw;
        this.single = single;
        this.info = info;
    }

    @Override
    public StreamObserver<CommandStreamRequest> commandStream(StreamObserver<CommandStreamResponse> responses) {
        return typed.connect(responses);
    }

    @Override
    public StreamObserver<ControlQueueRequest> controlQueue(StreamObserver<ControlQueueResponse> responses) {
        return raw.connect(responses);
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> responses) {
        single.execute(request, responses);
    }

    @Override
    public void describe(DescribeRequest request, StreamObserver<DescribeResponse> responses) {
        UnaryCall.of(responses)
                .now(() ->
                        DescribeResponse.newBuilder().setService(info.toProto()).build());
    }
}
