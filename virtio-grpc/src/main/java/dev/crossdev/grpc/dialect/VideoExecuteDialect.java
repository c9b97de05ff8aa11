package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.video.v1.ExecuteRequest;
import dev.crossdev.proto.video.v1.ExecuteResponse;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.List;

/** {@code VideoDevice.Execute}. */
public final class VideoExecuteDialect
        implements ExecuteDialect<VideoCommand, VideoResponse, VideoEvent, ExecuteRequest, ExecuteResponse> {

    @Override
    public ExecuteCall<VideoCommand, VideoResponse, ExecuteResponse> decode(ExecuteRequest request) {
        return new ExecuteCall<>(
                Names.guest(request.getGuest()),
                Names.device(request.getDevice()),
                DeviceMessages.executeLeaseOf(request.hasLease(), request.getLease()),
                operationOf(request));
    }

    private static ExecuteCall.Operation<VideoCommand, VideoResponse, ExecuteResponse> operationOf(
            ExecuteRequest request) {
        return switch (request.getOperationCase()) {
            case COMMAND -> command(request.getCommand());
            case MEMORY_WRITE -> DeviceMessages.operation(request.getMemoryWrite());
            case MEMORY_READ -> DeviceMessages.operation(request.getMemoryRead());
            case OPERATION_NOT_SET -> throw DeviceMessages.noOperation();
        };
    }

    private static ExecuteCall.Operation<VideoCommand, VideoResponse, ExecuteResponse> command(
            dev.crossdev.proto.video.v1.VideoCommand message) {
        long sequence = message.getSequence();
        Reply<VideoResponse, ExecuteResponse> reply = (response, times) -> ExecuteResponse.newBuilder()
                .setCompletion(VideoCompletions.message(sequence, response, times))
                .build();
        try {
            return new ExecuteCall.Operation.Command<>(VideoCommands.commandOf(message), reply);
        } catch (ErrnoException e) {
            return new ExecuteCall.Operation.BadCommand<>(
                    new VideoResponse.Err(VideoResult.ERR_INVALID_PARAMETER), reply, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public ExecuteResponse memory(ByteString content) {
        return ExecuteResponse.newBuilder().setMemory(content).build();
    }

    @Override
    public ExecuteResponse written() {
        return ExecuteResponse.getDefaultInstance();
    }

    @Override
    public ExecuteResponse withEvents(ExecuteResponse response, List<VideoEvent> events) {
        return response.toBuilder()
                .addAllEvents(events.stream().map(VideoCompletions::event).toList())
                .build();
    }
}
