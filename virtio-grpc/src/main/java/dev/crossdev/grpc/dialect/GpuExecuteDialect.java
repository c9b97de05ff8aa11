package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.ExecuteResponse;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import java.util.List;

/** {@code GpuDevice.Execute}. */
public final class GpuExecuteDialect
        implements ExecuteDialect<GpuRequest, GpuReply, NoEvent, ExecuteRequest, ExecuteResponse> {

    @Override
    public ExecuteCall<GpuRequest, GpuReply, ExecuteResponse> decode(ExecuteRequest request) {
        return new ExecuteCall<>(
                Names.guest(request.getGuest()),
                Names.device(request.getDevice()),
                DeviceMessages.executeLeaseOf(request.hasLease(), request.getLease()),
                operationOf(request));
    }

    private static ExecuteCall.Operation<GpuRequest, GpuReply, ExecuteResponse> operationOf(ExecuteRequest request) {
        return switch (request.getOperationCase()) {
            case COMMAND -> {
                long sequence = request.getCommand().getSequence();
                yield new ExecuteCall.Operation.Command<>(
                        GpuCommands.requestOf(request.getCommand()),
                        (reply, times) -> ExecuteResponse.newBuilder()
                                .setCompletion(GpuCompletions.message(sequence, reply, times))
                                .build());
            }
            case MEMORY_WRITE -> DeviceMessages.operation(request.getMemoryWrite());
            case MEMORY_READ -> DeviceMessages.operation(request.getMemoryRead());
            case OPERATION_NOT_SET -> throw DeviceMessages.noOperation();
        };
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
    public ExecuteResponse withEvents(ExecuteResponse response, List<NoEvent> events) {
        return response;
    }
}
