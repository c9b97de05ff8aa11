package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crossdev.proto.device.v1.Uuid;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.DisplayInfo;
import dev.crossdev.proto.gpu.v1.Fence;
import dev.crossdev.proto.gpu.v1.GpuCompletion;
import dev.crossdev.proto.gpu.v1.PixelFormat;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.proto.gpu.v1.ResourceUuid;
import dev.crossdev.proto.gpu.v1.SetScanoutBlob;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import java.util.Collections;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class GpuDialectTest {

    private final GpuDialect dialect = new GpuDialect();

    @Test
    void aTraceThatNoneCanBeIsNotCarriedOn() {
        String parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assertThat(traceOf(new TraceContext(parent, "a=b"))).isEqualTo(new TraceContext(parent, "a=b"));
        assertThat(traceOf(new TraceContext("", "a=b"))).isEqualTo(TraceContext.NONE);
        assertThat(traceOf(new TraceContext(parent.repeat(3), ""))).isEqualTo(TraceContext.NONE);
        assertThat(traceOf(new TraceContext(parent, "a=" + "b".repeat(511)))).isEqualTo(TraceContext.NONE);
    }

    private TraceContext traceOf(TraceContext sent) {
        var inbound = (Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>) dialect.decode(
                dialect.traced(dialect.encodeCommand(1, GpuRequest.of(new GpuCommand.GetDisplayInfo())), sent));
        return inbound.trace();
    }

    @Test
    void everyCommandComesBackAsItself() {
        RandomGpu random = new RandomGpu(1);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            for (GpuCommand command : random.commands()) {
                GpuRequest request = random.request(command);
                long sequence = random.sequence();

                var decoded = (Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>)
                        dialect.decode(dialect.encodeCommand(sequence, request));

                assertThat(decoded.command()).isEqualTo(request);
                assertThat(decoded.sequence()).isEqualTo(sequence);
                seen.add(command.getClass().getSimpleName());
            }
        }
        seen.add(GpuCommand.Unsupported.class.getSimpleName());
        assertThat(seen).isEqualTo(Sealed.recordsOf(GpuCommand.class));
    }

    @Test
    void everyAnswerComesBackAsItself() {
        RandomGpu random = new RandomGpu(2);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            for (GpuResponse response : random.responses()) {
                GpuReply reply = new GpuReply(random.answerHeader(), response);
                long sequence = random.sequence();
                Times times = random.times();

                Outbound<GpuReply, NoEvent> decoded =
                        dialect.decodeResponse(dialect.completion(sequence, reply, times));

                assertThat(decoded).isEqualTo(new Outbound.Completion<>(sequence, reply, times));
                seen.add(response.getClass().getSimpleName());
            }
        }
        seen.add(GpuResponse.OkMapInfo.class.getSimpleName());
        assertThat(seen).isEqualTo(Sealed.recordsOf(GpuResponse.class));
    }

    @Test
    void theReplyOfACommandCarriesItsSequence() {
        var inbound = (Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>)
                dialect.decode(command(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                        .setSequence(77)
                        .setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(5))
                        .build()));
        UUID uuid = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");

        CommandStreamResponse answer = inbound.reply()
                .message(
                        inbound.command().reply(new GpuResponse.OkResourceUuid(uuid)),
                        new Times(11, 22, BootId.UNKNOWN));

        GpuCompletion completion = answer.getCompletion();
        assertThat(completion.getSequence()).isEqualTo(77);
        assertThat(completion.getResultValue()).isEqualTo(0x1105);
        assertThat(completion.hasFence()).isFalse();
        assertThat(completion.getTimes().getReceivedNanos()).isEqualTo(11);
        assertThat(completion.getTimes().getAnsweredNanos()).isEqualTo(22);
        assertThat(completion.getResourceUuid().getUuid().getText()).isEqualTo(uuid.toString());
        assertThat(completion.getResourceUuid().getUuid().getValue())
                .isEqualTo(ByteString.fromHex("00112233445546778899aabbccddeeff"));
    }

    @Test
    void namesOfTheContractAreNumbersOfTheWire() {
        var inbound = (Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>)
                dialect.decode(command(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                        .setFence(Fence.newBuilder().setFenceId(9).setRingIdx(3))
                        .setContextId(4)
                        .setResourceCreate2D(ResourceCreate2d.newBuilder()
                                .setResourceId(1)
                                .setFormat(PixelFormat.PIXEL_FORMAT_R8G8B8X8_UNORM)
                                .setWidth(640)
                                .setHeight(480))
                        .build()));

        assertThat(inbound.command())
                .isEqualTo(new GpuRequest(
                        new GpuHeader(GpuHeader.FENCE | GpuHeader.INFO_RING_IDX, 9, 4, 3),
                        new GpuCommand.ResourceCreate2d(1, 134, 640, 480)));
    }

    @Test
    void everyResultOfTheProtocolHasANameInTheContract() {
        for (GpuResult result : GpuResult.values()) {
            assertThat(dev.crossdev.proto.gpu.v1.GpuResult.forNumber(result.number()))
                    .extracting(Enum::name)
                    .isEqualTo("GPU_RESULT_" + result.name());
        }
    }

    @Test
    void everyPixelFormatOfTheProtocolHasANameInTheContract() {
        for (dev.crossdev.virtio.gpu.PixelFormat format : dev.crossdev.virtio.gpu.PixelFormat.values()) {
            assertThat(PixelFormat.forNumber(format.number()))
                    .extracting(Enum::name)
                    .isEqualTo("PIXEL_FORMAT_" + format.name());
        }
    }

    @Test
    void aMessageWithoutACommandIsOneThatTheDeviceDoesNotHave() {
        assertThat(commandIn(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                        .setFence(Fence.newBuilder().setFenceId(5))
                        .build()))
                .isEqualTo(new GpuRequest(GpuHeader.fence(5), new GpuCommand.Unsupported(0)));
    }

    @Test
    void aRingThatNoHeaderCanHoldIsNotACommandButItsFenceIsCopiedBack() {
        for (int ring : new int[] {256, -1, Integer.MIN_VALUE}) {
            assertThat(commandIn(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                            .setFence(Fence.newBuilder().setFenceId(5).setRingIdx(ring))
                            .setResourceAssignUuid(ResourceAssignUuid.getDefaultInstance())
                            .build()))
                    .isEqualTo(new GpuRequest(GpuHeader.fence(5), new GpuCommand.Unsupported(0)));
        }
    }

    @Test
    void fivePlanesAreNotACommandAndFewerThanFourAreFilledUp() {
        SetScanoutBlob five = SetScanoutBlob.newBuilder()
                .addAllStrides(Collections.nCopies(5, 4))
                .build();
        assertThat(commandIn(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                                .setSetScanoutBlob(five)
                                .build())
                        .command())
                .isInstanceOf(GpuCommand.Unsupported.class);

        SetScanoutBlob one = SetScanoutBlob.newBuilder().addStrides(64).build();
        var blob = (GpuCommand.SetScanoutBlob) commandIn(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                        .setSetScanoutBlob(one)
                        .build())
                .command();
        assertThat(blob.strides()).containsExactly(64, 0, 0, 0);
        assertThat(blob.offsets()).containsExactly(0, 0, 0, 0);
    }

    @Test
    void aRequestOfNoKindIsRefused() {
        assertThat(dialect.decode(CommandStreamRequest.getDefaultInstance())).isInstanceOf(Inbound.Refused.class);
    }

    @Test
    void answersThatMakeNoSenseFailTheirCommandOnly() {
        for (GpuCompletion.Builder bad : new GpuCompletion.Builder[] {
            GpuCompletion.newBuilder().setResultValue(0x1105),
            GpuCompletion.newBuilder()
                    .setResultValue(0x1105)
                    .setResourceUuid(ResourceUuid.newBuilder()
                            .setUuid(Uuid.newBuilder().setValue(ByteString.copyFrom(new byte[15])))),
            GpuCompletion.newBuilder().setResultValue(0x1101),
            GpuCompletion.newBuilder()
                    .setResultValue(0x1101)
                    .setDisplayInfo(DisplayInfo.newBuilder()
                            .addAllDisplays(
                                    Collections.nCopies(17, dev.crossdev.proto.gpu.v1.Display.getDefaultInstance()))),
            GpuCompletion.newBuilder().setResultValue(0x1104),
            GpuCompletion.newBuilder().setResultValue(0x1102),
            GpuCompletion.newBuilder().setResultValue(0x1103),
            GpuCompletion.newBuilder().setResultValue(0x1299),
            GpuCompletion.newBuilder(),
        }) {
            assertThat(dialect.decodeResponse(CommandStreamResponse.newBuilder()
                            .setCompletion(bad.setSequence(6))
                            .build()))
                    .as(bad.toString())
                    .isInstanceOfSatisfying(
                            Outbound.BadCompletion.class,
                            completion -> assertThat(completion.sequence()).isEqualTo(6));
        }
        assertThat(dialect.decodeResponse(CommandStreamResponse.getDefaultInstance()))
                .isInstanceOf(Outbound.Unknown.class);
    }

    @Test
    void absentDisplaysAreAnEmptyList() {
        assertThat(dialect.decodeResponse(dialect.completion(
                        1,
                        new GpuReply(GpuHeader.NONE, new GpuResponse.OkDisplayInfo(Collections.<Display>emptyList())),
                        new Times(0, 0, BootId.UNKNOWN))))
                .isInstanceOf(Outbound.Completion.class);
    }

    @Test
    void damagedMessagesAlwaysHaveAMeaning() {
        Random random = new Random(3);
        RandomGpu commands = new RandomGpu(4);
        int parsed = 0;
        for (int i = 0; i < 300; i++) {
            for (GpuCommand command : commands.commands()) {
                byte[] bytes =
                        dialect.encodeCommand(i, commands.request(command)).toByteArray();
                for (int damage = random.nextInt(1, 4); damage > 0; damage--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
                try {
                    CommandStreamRequest message = CommandStreamRequest.parseFrom(bytes);
                    assertThat(dialect.decode(message)).isNotNull();
                    parsed++;
                } catch (InvalidProtocolBufferException e) {
                    // gRPC itself ends a call over such bytes; they never come this far.
                }
            }
        }
        assertThat(parsed).isPositive();
    }

    private GpuRequest commandIn(dev.crossdev.proto.gpu.v1.GpuCommand message) {
        return ((Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>) dialect.decode(command(message)))
                .command();
    }

    private static CommandStreamRequest command(dev.crossdev.proto.gpu.v1.GpuCommand message) {
        return CommandStreamRequest.newBuilder().setCommand(message).build();
    }
}
