package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.device.v1.MemoryRead;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.ExecuteResponse;
import dev.crossdev.proto.gpu.v1.ResourceUnref;
import dev.crossdev.proto.video.v1.GetParams;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExecuteDialectsTest {

    private static final Times TIMES = new Times(1, 2, BootId.UNKNOWN);

    private final GpuExecuteDialect gpu = new GpuExecuteDialect();
    private final VideoExecuteDialect video = new VideoExecuteDialect();

    @Test
    void aCommandAndItsAnswer() {
        var call = gpu.decode(request()
                .setCommand(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                        .setSequence(4)
                        .setResourceUnref(ResourceUnref.newBuilder().setResourceId(3)))
                .build());

        assertThat(call.guest()).isEqualTo("default");
        assertThat(call.device()).isEqualTo("vm0");
        assertThat(call.lease()).isEmpty();
        var command = (ExecuteCall.Operation.Command<GpuRequest, GpuReply, ExecuteResponse>) call.operation();
        assertThat(command.command()).isEqualTo(GpuRequest.of(new GpuCommand.ResourceUnref(3)));
        ExecuteResponse response = command.reply().message(command.command().reply(new GpuResponse.OkNodata()), TIMES);
        assertThat(response.getCompletion().getSequence()).isEqualTo(4);
        assertThat(response.getCompletion().getResultValue()).isEqualTo(0x1100);
    }

    @Test
    void memoryAndLease() {
        var write = gpu.decode(request()
                .setLease(Duration.newBuilder().setSeconds(30))
                .setMemoryWrite(MemoryWrite.newBuilder().setAddress(5).setData(ByteString.copyFromUtf8("x")))
                .build());
        assertThat(write.lease()).isEqualTo(Optional.of(java.time.Duration.ofSeconds(30)));
        assertThat(write.operation())
                .isEqualTo(new ExecuteCall.Operation.MemoryWrite<>(5, ByteString.copyFromUtf8("x")));

        var read = gpu.decode(request()
                .setMemoryRead(MemoryRead.newBuilder().setAddress(5).setLength(1 << 20))
                .build());
        assertThat(read.operation()).isEqualTo(new ExecuteCall.Operation.MemoryRead<>(5, 1 << 20));
        assertThat(gpu.memory(ByteString.copyFromUtf8("y")).getMemory()).isEqualTo(ByteString.copyFromUtf8("y"));
        assertThat(gpu.written()).isEqualTo(ExecuteResponse.getDefaultInstance());
        assertThat(gpu.withEvents(gpu.written(), List.of())).isEqualTo(gpu.written());
    }

    @Test
    void whatCannotBeDoneIsRefused() {
        for (ExecuteRequest.Builder bad : List.of(
                request(),
                ExecuteRequest.newBuilder().setMemoryWrite(MemoryWrite.getDefaultInstance()),
                request().setMemoryRead(MemoryRead.newBuilder().setLength((1 << 20) + 1)),
                request().setMemoryRead(MemoryRead.newBuilder().setLength(-1)),
                request()
                        .setMemoryWrite(MemoryWrite.getDefaultInstance())
                        .setLease(Duration.newBuilder().setSeconds(-1)))) {
            assertThatExceptionOfType(ErrnoException.class)
                    .as(bad.toString())
                    .isThrownBy(() -> gpu.decode(bad.build()))
                    .returns(Errno.EINVAL, ErrnoException::errno);
        }
    }

    @Test
    void aVideoCommandThatCannotBeIsAnsweredAndEventsAreTold() {
        var call = video.decode(dev.crossdev.proto.video.v1.ExecuteRequest.newBuilder()
                .setDevice("vm0")
                .setCommand(dev.crossdev.proto.video.v1.VideoCommand.newBuilder()
                        .setSequence(2)
                        .setGetParams(GetParams.getDefaultInstance()))
                .build());

        var bad = (ExecuteCall.Operation.BadCommand<
                        VideoCommand, VideoResponse, dev.crossdev.proto.video.v1.ExecuteResponse>)
                call.operation();
        var response = video.withEvents(
                bad.reply().message(bad.answer(), TIMES),
                List.of(new VideoEvent(VideoEventType.ERROR, 1), new VideoEvent(VideoEventType.ERROR, 2)));
        assertThat(response.getCompletion().getResultValue()).isEqualTo(0x304);
        assertThat(response.getEventsList()).extracting("streamId").containsExactly(1, 2);
    }

    private static ExecuteRequest.Builder request() {
        return ExecuteRequest.newBuilder().setDevice("vm0");
    }
}
