package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crossdev.proto.device.v1.Uuid;
import dev.crossdev.proto.video.v1.Capability;
import dev.crossdev.proto.video.v1.CommandStreamRequest;
import dev.crossdev.proto.video.v1.CommandStreamResponse;
import dev.crossdev.proto.video.v1.FormatDescription;
import dev.crossdev.proto.video.v1.GetParams;
import dev.crossdev.proto.video.v1.MemEntry;
import dev.crossdev.proto.video.v1.Params;
import dev.crossdev.proto.video.v1.PlaneMemory;
import dev.crossdev.proto.video.v1.PlanesLayout;
import dev.crossdev.proto.video.v1.QueueType;
import dev.crossdev.proto.video.v1.ResourceCreate;
import dev.crossdev.proto.video.v1.ResourceQueue;
import dev.crossdev.proto.video.v1.SetParams;
import dev.crossdev.proto.video.v1.StreamCreate;
import dev.crossdev.proto.video.v1.VideoCompletion;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class VideoDialectTest {

    private static final UUID OBJECT = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");

    private final VideoDialect dialect = new VideoDialect();

    @Test
    void everyCommandComesBackAsItself() {
        RandomVideo random = new RandomVideo(1);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            for (VideoCommand command : random.commands()) {
                long sequence = random.sequence();

                var decoded = (Inbound.Command<VideoCommand, VideoResponse, CommandStreamResponse>)
                        dialect.decode(dialect.encodeCommand(sequence, command));

                assertThat(decoded.command()).isEqualTo(command);
                assertThat(decoded.sequence()).isEqualTo(sequence);
                seen.add(command.getClass().getSimpleName());
            }
        }
        // The contract has no words for these.
        seen.addAll(List.of("Unsupported", "GetParamsExt", "SetParamsExt"));
        assertThat(seen).isEqualTo(Sealed.recordsOf(VideoCommand.class));
    }

    @Test
    void everyAnswerComesBackAsItself() {
        RandomVideo random = new RandomVideo(2);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            for (VideoResponse response : random.responses()) {
                long sequence = random.sequence();
                Times times = random.times();

                assertThat(dialect.decodeResponse(dialect.completion(sequence, response, times)))
                        .isEqualTo(new Outbound.Completion<>(sequence, response, times));
                seen.add(response.getClass().getSimpleName());
            }
        }
        seen.add("OkGetParamsExt");
        assertThat(seen).isEqualTo(Sealed.recordsOf(VideoResponse.class));
    }

    @Test
    void everyEventComesBackAsItself() {
        RandomVideo random = new RandomVideo(3);
        for (int i = 0; i < 100; i++) {
            VideoEvent event = random.event();
            assertThat(dialect.event(event).map(dialect::decodeResponse)).contains(new Outbound.Event<>(event));
        }
    }

    @Test
    void everyResultOfTheProtocolHasANameInTheContract() {
        for (VideoResult result : VideoResult.values()) {
            assertThat(dev.crossdev.proto.video.v1.VideoResult.forNumber(result.number()))
                    .extracting(Enum::name)
                    .isEqualTo("VIDEO_RESULT_" + result.name());
        }
    }

    @Test
    void anObjectMayBeNamedByBytesOrByText() {
        for (Uuid uuid : List.of(
                Uuid.newBuilder().setText(OBJECT.toString()).build(),
                Uuids.toProto(OBJECT),
                Uuids.toBareProto(OBJECT))) {
            var create = (VideoCommand.ResourceCreate) commandIn(
                    resourceCreate(PlaneMemory.newBuilder().addObjects(uuid).build()));

            assertThat(create.planes()).containsExactly(List.of(ResourceEntry.of(OBJECT)));
            assertThat(create.planeOffsets()).as("not said").containsExactly(0);
        }
    }

    @Test
    void sixteenZeroBytesAreAnObjectThatTheDeviceIsAskedFor() {
        UUID zero = new UUID(0, 0);
        var create = (VideoCommand.ResourceCreate) commandIn(resourceCreate(
                PlaneMemory.newBuilder().addObjects(Uuids.toBareProto(zero)).build()));

        assertThat(create.planes().getFirst().getFirst().asUuid()).isEqualTo(zero);
    }

    @Test
    void aMessageWithoutACommandIsOneThatTheDeviceDoesNotHave() {
        assertThat(commandIn(dev.crossdev.proto.video.v1.VideoCommand.newBuilder()
                        .setStreamId(4)
                        .build()))
                .isEqualTo(new VideoCommand.Unsupported(4, 0));
    }

    @Test
    void whatNoCommandCanHoldIsAnsweredWithInvalidParameter() {
        for (dev.crossdev.proto.video.v1.VideoCommand.Builder bad : List.of(
                message().setGetParams(GetParams.getDefaultInstance()),
                message().setGetParams(GetParams.newBuilder().setQueueTypeValue(0x102)),
                message().setStreamCreate(StreamCreate.newBuilder().setInMemTypeValue(2)),
                message().setStreamCreate(StreamCreate.newBuilder().setTag("ü".repeat(33))),
                message().setSetParams(SetParams.getDefaultInstance()),
                message()
                        .setSetParams(SetParams.newBuilder()
                                .setParams(Params.newBuilder()
                                        .setQueueType(QueueType.QUEUE_TYPE_INPUT)
                                        .addAllPlaneFormats(Collections.nCopies(
                                                9, dev.crossdev.proto.video.v1.PlaneFormat.getDefaultInstance())))),
                message()
                        .setResourceQueue(ResourceQueue.newBuilder()
                                .setQueueType(QueueType.QUEUE_TYPE_INPUT)
                                .addAllDataSizes(Collections.nCopies(9, 1))),
                resourceCreate(
                        Collections.nCopies(9, PlaneMemory.getDefaultInstance()).toArray(PlaneMemory[]::new)),
                resourceCreate(PlaneMemory.newBuilder()
                        .addObjects(Uuid.newBuilder().setValue(ByteString.copyFrom(new byte[15])))
                        .build()),
                resourceCreate(PlaneMemory.newBuilder()
                        .addObjects(Uuid.newBuilder().setText("not a uuid"))
                        .build()),
                resourceCreate(PlaneMemory.newBuilder()
                        .addObjects(Uuid.getDefaultInstance())
                        .build()),
                resourceCreate(PlaneMemory.newBuilder()
                        .addObjects(Uuids.toProto(OBJECT))
                        .addEntries(MemEntry.getDefaultInstance())
                        .build()))) {
            var inbound = dialect.decode(request(bad.setSequence(8).build()));

            assertThat(inbound).as(bad.toString()).isInstanceOf(Inbound.BadCommand.class);
            var command = (Inbound.BadCommand<VideoCommand, VideoResponse, CommandStreamResponse>) inbound;
            VideoCompletion completion = command.reply()
                    .message(command.answer(), new Times(1, 2, BootId.UNKNOWN))
                    .getCompletion();
            assertThat(completion.getSequence()).isEqualTo(8);
            assertThat(completion.getResultValue()).isEqualTo(0x304);
            assertThat(command.reason()).isNotBlank();
        }
    }

    @Test
    void aRequestOfNoKindIsRefused() {
        assertThat(dialect.decode(CommandStreamRequest.getDefaultInstance())).isInstanceOf(Inbound.Refused.class);
    }

    @Test
    void answersThatMakeNoSenseFailTheirCommandOnly() {
        for (VideoCompletion.Builder bad : List.of(
                VideoCompletion.newBuilder(),
                VideoCompletion.newBuilder().setResultValue(0x201),
                VideoCompletion.newBuilder().setResultValue(0x202),
                VideoCompletion.newBuilder().setResultValue(0x203),
                VideoCompletion.newBuilder().setResultValue(0x203).setParams(Params.getDefaultInstance()),
                VideoCompletion.newBuilder().setResultValue(0x204),
                VideoCompletion.newBuilder().setResultValue(0x205),
                VideoCompletion.newBuilder().setResultValue(0x206),
                VideoCompletion.newBuilder()
                        .setResultValue(0x201)
                        .setCapability(Capability.newBuilder()
                                .addAllFormats(Collections.nCopies(65, FormatDescription.getDefaultInstance()))))) {
            assertThat(dialect.decodeResponse(CommandStreamResponse.newBuilder()
                            .setCompletion(bad.setSequence(6))
                            .build()))
                    .as(bad.toString())
                    .isInstanceOfSatisfying(
                            Outbound.BadCompletion.class,
                            completion -> assertThat(completion.sequence()).isEqualTo(6));
        }
        assertThat(dialect.decodeResponse(CommandStreamResponse.newBuilder()
                        .setVideoEvent(dev.crossdev.proto.video.v1.VideoEvent.newBuilder()
                                .setTypeValue(3))
                        .build()))
                .isInstanceOf(Outbound.Unknown.class);
        assertThat(dialect.decodeResponse(CommandStreamResponse.getDefaultInstance()))
                .isInstanceOf(Outbound.Unknown.class);
    }

    @Test
    void damagedMessagesAlwaysHaveAMeaning() {
        Random random = new Random(5);
        RandomVideo commands = new RandomVideo(6);
        int parsed = 0;
        for (int i = 0; i < 300; i++) {
            for (VideoCommand command : commands.commands()) {
                byte[] bytes = dialect.encodeCommand(i, command).toByteArray();
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

    private VideoCommand commandIn(dev.crossdev.proto.video.v1.VideoCommand message) {
        return ((Inbound.Command<VideoCommand, VideoResponse, CommandStreamResponse>) dialect.decode(request(message)))
                .command();
    }

    private VideoCommand commandIn(dev.crossdev.proto.video.v1.VideoCommand.Builder message) {
        return commandIn(message.build());
    }

    private static CommandStreamRequest request(dev.crossdev.proto.video.v1.VideoCommand message) {
        return CommandStreamRequest.newBuilder().setCommand(message).build();
    }

    private static dev.crossdev.proto.video.v1.VideoCommand.Builder message() {
        return dev.crossdev.proto.video.v1.VideoCommand.newBuilder().setStreamId(1);
    }

    private static dev.crossdev.proto.video.v1.VideoCommand.Builder resourceCreate(PlaneMemory... planes) {
        return message()
                .setResourceCreate(ResourceCreate.newBuilder()
                        .setQueueType(QueueType.QUEUE_TYPE_OUTPUT)
                        .setResourceId(2)
                        .setPlanesLayout(PlanesLayout.PLANES_LAYOUT_SINGLE_BUFFER)
                        .addAllPlanes(List.of(planes)));
    }
}
