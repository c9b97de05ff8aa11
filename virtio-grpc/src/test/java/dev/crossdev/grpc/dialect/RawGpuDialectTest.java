package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.proto.gpu.v1.ControlQueueRequest;
import dev.crossdev.proto.gpu.v1.ControlQueueResponse;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RawGpuDialectTest {

    private static final Times TIMES = new Times(1, 2, BootId.UNKNOWN);

    /** RESOURCE_ASSIGN_UUID of resource 7, fence 0x1122334455667788. */
    private static final ByteString ASSIGN_UUID = ByteString.fromHex(
            "0b010000" + "01000000" + "8877665544332211" + "00000000" + "00000000" + "07000000" + "00000000");

    private final RawGpuDialect device = new RawGpuDialect();
    private final RawGpuClientDialect driver = new RawGpuClientDialect();

    @Test
    void bytesOfTheControlQueueAreACommand() {
        var inbound = command(new RawChain(0, ASSIGN_UUID, 40));

        assertThat(inbound.sequence()).isEqualTo(3);
        assertThat(inbound.command())
                .isEqualTo(GpuRequest.fenced(0x1122334455667788L, new GpuCommand.ResourceAssignUuid(7)));
    }

    @Test
    void theAnswerIsBytesAsTheDriverExpectsThem() {
        var inbound = command(new RawChain(0, ASSIGN_UUID, 40));
        UUID uuid = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");

        ControlQueueResponse answer =
                inbound.reply().message(inbound.command().reply(new GpuResponse.OkResourceUuid(uuid)), TIMES);

        assertThat(driver.decodeResponse(answer))
                .isEqualTo(new Outbound.Completion<>(
                        3,
                        ByteString.fromHex("05110000" + "01000000" + "8877665544332211" + "00000000" + "00000000"
                                + "00112233445546778899aabbccddeeff"),
                        TIMES));
    }

    @Test
    void aTraceTravelsBesideTheChain() {
        TraceContext trace = new TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b");
        ControlQueueRequest message = driver.encodeCommand(3, new RawChain(0, ASSIGN_UUID, 40));

        var traced = (Inbound.Command<GpuRequest, GpuReply, ControlQueueResponse>)
                device.decode(driver.traced(message, trace));

        assertThat(traced.trace()).isEqualTo(trace);
        assertThat(traced.command())
                .isEqualTo(command(new RawChain(0, ASSIGN_UUID, 40)).command());
        assertThat(command(new RawChain(0, ASSIGN_UUID, 40)).trace()).isEqualTo(TraceContext.NONE);
    }

    @Test
    void anAnswerIsCutToTheDriversBufferAndNothingIsWrittenBelowAHeader() {
        GpuReply reply = new GpuReply(GpuHeader.NONE, new GpuResponse.OkResourceUuid(new UUID(1, 2)));
        for (int writable = 0; writable < 60; writable++) {
            var inbound = command(new RawChain(0, ASSIGN_UUID, writable));

            ByteString written = inbound.reply().message(reply, TIMES).getUsed().getWritten();

            assertThat(written.size()).isEqualTo(writable < 24 ? 0 : Math.min(writable, 40));
        }
    }

    @Test
    void aBufferOfFourGigabytesIsNothingSpecial() {
        var inbound = command(new RawChain(0, ASSIGN_UUID, -1));

        assertThat(inbound.reply()
                        .message(new GpuReply(GpuHeader.NONE, new GpuResponse.Err(GpuResult.ERR_UNSPEC)), TIMES)
                        .getUsed()
                        .getWritten()
                        .size())
                .isEqualTo(24);
    }

    @Test
    void aCommandCutAtAnyByteIsOneThatTheDeviceDoesNotHave() {
        for (int size = 0; size < 28; size++) {
            var inbound = command(new RawChain(0, ASSIGN_UUID.substring(0, size), 24));

            assertThat(inbound.command().command()).isInstanceOf(GpuCommand.Unsupported.class);
            assertThat(inbound.command().header().fenced()).isEqualTo(size >= 24);
            GpuReply reply = inbound.command().reply(new GpuResponse.Err(GpuResult.ERR_UNSPEC));
            assertThat(inbound.reply()
                            .message(reply, TIMES)
                            .getUsed()
                            .getWritten()
                            .substring(0, 4))
                    .isEqualTo(ByteString.fromHex("00120000"));
        }
    }

    @Test
    void everyCommandSurvivesTheTripThroughBytes() {
        RandomGpu random = new RandomGpu(11);
        for (int i = 0; i < 100; i++) {
            for (GpuCommand command : random.commands()) {
                GpuRequest request = random.request(command);
                int queue =
                        command instanceof GpuCommand.UpdateCursor || command instanceof GpuCommand.MoveCursor ? 1 : 0;
                ByteString bytes = ByteString.copyFrom(GpuWire.encodeRequest(request));

                assertThat(command(new RawChain(queue, bytes, 24)).command()).isEqualTo(request);
            }
        }
    }

    @Test
    void aVirtqueueThatDoesNotExistIsAnsweredWithNothing() {
        for (int queue : new int[] {2, 255, -1}) {
            var inbound = (Inbound.BadCommand<GpuRequest, GpuReply, ControlQueueResponse>)
                    device.decode(driver.encodeCommand(5, new RawChain(queue, ASSIGN_UUID, 40)));

            ControlQueueResponse answer = inbound.reply().message(inbound.answer(), TIMES);
            assertThat(answer.getUsed().getSequence()).isEqualTo(5);
            assertThat(answer.getUsed().getWritten()).isEmpty();
        }
    }

    @Test
    void randomBytesAlwaysHaveAMeaning() {
        Random random = new Random(12);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(120)];
            random.nextBytes(bytes);
            if (bytes.length > 1 && random.nextBoolean()) {
                bytes[0] = (byte) random.nextInt(16);
                bytes[1] = (byte) random.nextInt(1, 4);
            }
            var inbound = command(new RawChain(random.nextInt(2), ByteString.copyFrom(bytes), random.nextInt()));
            assertThat(inbound.command()).isNotNull();
        }
    }

    @Test
    void aRequestOfNoKindIsRefused() {
        assertThat(device.decode(ControlQueueRequest.getDefaultInstance())).isInstanceOf(Inbound.Refused.class);
        assertThat(driver.decodeResponse(ControlQueueResponse.getDefaultInstance()))
                .isInstanceOf(Outbound.Unknown.class);
    }

    private Inbound.Command<GpuRequest, GpuReply, ControlQueueResponse> command(RawChain chain) {
        return (Inbound.Command<GpuRequest, GpuReply, ControlQueueResponse>)
                device.decode(driver.encodeCommand(3, chain));
    }
}
