package dev.crossdev.video.door;

import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.proto.video.v1.CommandStreamRequest;
import dev.crossdev.proto.video.v1.CommandStreamResponse;
import dev.crossdev.proto.video.v1.ControlQueueRequest;
import dev.crossdev.proto.video.v1.ControlQueueResponse;
import dev.crossdev.proto.video.v1.DescribeRequest;
import dev.crossdev.proto.video.v1.DescribeResponse;
import dev.crossdev.proto.video.v1.ExecuteRequest;
import dev.crossdev.proto.video.v1.ExecuteResponse;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.service.call.UnaryCall;
import dev.crossdev.service.door.ExecuteDoor;
import dev.crossdev.service.door.StreamDoor;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import io.grpc.stub.StreamObserver;

/** {@code virtio.video.v1.VideoDevice}. */
public class VideoDeviceDoor extends VideoDeviceGrpc.VideoDeviceImplBase {

    private final StreamDoor<VideoCommand, VideoResponse, VideoEvent, CommandStreamRequest, CommandStreamResponse>
            typed;
    private final StreamDoor<VideoCommand, VideoResponse, VideoEvent, ControlQueueRequest, ControlQueueResponse> raw;
    private final ExecuteDoor<VideoCommand, VideoResponse, VideoEvent, ExecuteRequest, ExecuteResponse> single;
    private final ServiceInfo info;

    public VideoDeviceDoor(
            StreamDoor<VideoCommand, VideoResponse, VideoEvent, CommandStreamRequest, CommandStreamResponse> typed,
            StreamDoor<VideoCommand, VideoResponse, VideoEvent, ControlQueueRequest, ControlQueueResponse> raw,
            ExecuteDoor<VideoCommand, VideoResponse, VideoEvent, ExecuteRequest, ExecuteResponse> single,
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
