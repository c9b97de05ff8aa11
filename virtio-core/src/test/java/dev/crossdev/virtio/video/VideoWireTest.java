package dev.crossdev.virtio.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.FormatDesc.FormatFrame;
import dev.crossdev.virtio.video.FormatDesc.FormatRange;
import dev.crossdev.virtio.video.VideoCommand.GetControl;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.GetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.QueryCapability;
import dev.crossdev.virtio.video.VideoCommand.QueryControl;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.SetControl;
import dev.crossdev.virtio.video.VideoCommand.SetParams;
import dev.crossdev.virtio.video.VideoCommand.SetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoCommand.Unsupported;
import dev.crossdev.virtio.video.VideoParams.Crop;
import dev.crossdev.virtio.video.VideoParams.PlaneFormat;
import dev.crossdev.virtio.video.VideoWire.Decoded;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireWriter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VideoWireTest {

    private static final UUID OBJECT = UUID.fromString("063f8a6c-95a3-468e-9ff2-3d03f772cdf0");
    private static final ResourceEntry PAGES = ResourceEntry.of(new MemEntry(0x0102030405060708L, 0x11121314));
    private static final VideoParams PARAMS = new VideoParams(
            QueueType.OUTPUT,
            VideoFormat.BGRA8888.number(),
            640,
            360,
            2,
            32,
            new Crop(1, 2, 3, 4),
            25,
            List.of(new PlaneFormat(921600, 2560), new PlaneFormat(-1, 0)));
    private static final VideoParams UNSET = new VideoParams(QueueType.INPUT, 0, 0, 0, 0, 0, Crop.NONE, 0, List.of());

    /** A command of each kind and its size (crosvm protocol.rs, drivers' virtio_video.h). */
    record Sized(VideoCommand command, int bytes) {}

    static Stream<Sized> commands() {
        return Stream.of(
                new Sized(new QueryCapability(QueueType.INPUT), 16),
                new Sized(new StreamCreate(7, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, 0x1002, "clip"), 88),
                new Sized(new StreamDestroy(7), 8),
                new Sized(new StreamDrain(-1), 8),
                new Sized(ResourceCreate.singlePlane(7, QueueType.OUTPUT, 3, List.of(ResourceEntry.of(OBJECT))), 104),
                new Sized(
                        new ResourceCreate(
                                7,
                                QueueType.INPUT,
                                3,
                                2,
                                List.of(0, 64),
                                List.of(List.of(PAGES, PAGES), List.of(PAGES))),
                        136),
                new Sized(new ResourceCreate(7, QueueType.INPUT, 3, 99, List.of(), List.of()), 88),
                new Sized(new ResourceQueue(7, QueueType.INPUT, 3, -5, List.of(1, 2, 3)), 64),
                new Sized(new ResourceQueue(7, QueueType.OUTPUT, 3, 0, List.of()), 64),
                new Sized(new ResourceDestroyAll(7, QueueType.OUTPUT), 16),
                new Sized(new QueueClear(7, QueueType.INPUT), 16),
                new Sized(new GetParams(7, QueueType.INPUT), 16),
                new Sized(new SetParams(7, PARAMS), 120),
                new Sized(new SetParams(7, UNSET), 120),
                new Sized(new QueryControl(7, VideoControl.PROFILE.number(), 0x1002), 24),
                new Sized(new QueryControl(7, VideoControl.BITRATE.number(), 0), 16),
                new Sized(new GetControl(7, 99), 16),
                new Sized(new SetControl(7, VideoControl.BITRATE.number(), -1), 24),
                new Sized(new SetControl(7, VideoControl.FORCE_KEYFRAME.number(), 0), 16),
                new Sized(new GetParamsExt(7, QueueType.OUTPUT), 16),
                new Sized(new SetParamsExt(7, PARAMS, MemType.VIRTIO_OBJECT), 128),
                new Sized(new Unsupported(7, 0x10f), 8));
    }

    /** An answer of each kind, to what, and its size. */
    record SizedAnswer(VideoResponse response, VideoCommand command, int bytes) {}

    static Stream<SizedAnswer> answers() {
        VideoCommand any = new StreamDestroy(7);
        FormatRange range = new FormatRange(16, -1, 2);
        FormatDesc coded = new FormatDesc(-1, 0x1002, 1, 0, List.of());
        FormatDesc raw = new FormatDesc(
                3,
                2,
                3,
                4096,
                List.of(
                        new FormatFrame(range, range, List.of(range, range)),
                        new FormatFrame(range, range, List.of())));
        return Stream.of(
                new SizedAnswer(new VideoResponse.OkNodata(), any, 8),
                new SizedAnswer(new VideoResponse.OkQueryCapability(List.of(coded, raw)), any, 16 + 24 + 24 + 80 + 32),
                new SizedAnswer(new VideoResponse.OkQueryCapability(List.of()), any, 16),
                new SizedAnswer(new VideoResponse.OkResourceQueue(-2, BufferFlags.EOS, 5), any, 24),
                new SizedAnswer(new VideoResponse.OkGetParams(PARAMS), new GetParams(7, QueueType.OUTPUT), 120),
                new SizedAnswer(
                        new VideoResponse.OkGetParamsExt(PARAMS, MemType.VIRTIO_OBJECT),
                        new GetParamsExt(7, QueueType.OUTPUT),
                        128),
                new SizedAnswer(new VideoResponse.OkQueryControl(List.of(0x100, 0x101, 0x103)), any, 28),
                new SizedAnswer(new VideoResponse.OkGetControl(-3), any, 16),
                new SizedAnswer(new VideoResponse.Err(VideoResult.ERR_INVALID_STREAM_ID), any, 8));
    }

    private static VideoCommand decoded(byte[] bytes) {
        Decoded outcome = VideoWire.decodeCommand(bytes);
        assertThat(outcome).isInstanceOf(Decoded.Command.class);
        return ((Decoded.Command) outcome).command();
    }

    private static Decoded.Malformed malformed(byte[] bytes) {
        Decoded outcome = VideoWire.decodeCommand(bytes);
        assertThat(outcome).isInstanceOf(Decoded.Malformed.class);
        return (Decoded.Malformed) outcome;
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandComesBackAsItWasSent(Sized sized) {
        byte[] bytes = VideoWire.encodeCommand(sized.command);

        assertThat(bytes).hasSize(sized.bytes);
        assertThat(decoded(bytes)).isEqualTo(sized.command);
        assertThat(decoded(Arrays.copyOf(bytes, bytes.length + 3))).isEqualTo(sized.command);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCommandCutOffAnywhereIsRefused(Sized sized) {
        byte[] bytes = VideoWire.encodeCommand(sized.command);

        for (int length = 0; length < bytes.length; length++) {
            Decoded.Malformed refused = malformed(Arrays.copyOf(bytes, length));
            assertThat(refused.answer()).isEqualTo(VideoResult.ERR_INVALID_OPERATION);
            assertThat(refused.streamId()).isEqualTo(length < 8 ? 0 : sized.command.streamId());
            assertThat(refused.response()).isEqualTo(new VideoResponse.Err(VideoResult.ERR_INVALID_OPERATION));
        }
    }

    @ParameterizedTest
    @MethodSource("answers")
    void everyAnswerComesBackAsItWasSent(SizedAnswer sized) throws Exception {
        byte[] bytes = VideoWire.encodeResponse(sized.response);

        assertThat(bytes).hasSize(sized.bytes);
        assertThat(VideoWire.decodeResponse(bytes, sized.command)).isEqualTo(sized.response);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void anAnswerCutOffAnywhereIsMalformed(SizedAnswer sized) {
        byte[] bytes = VideoWire.encodeResponse(sized.response);

        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> VideoWire.decodeResponse(part, sized.command))
                    .isInstanceOf(MalformedMessageException.class);
        }
    }

    @Test
    void resourceQueueLiesAsTheDriversHeaderHasIt() {
        byte[] bytes =
                VideoWire.encodeCommand(new ResourceQueue(7, QueueType.INPUT, 3, 0x1122334455667788L, List.of(9)));

        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("05010000" + "07000000" + "00010000" + "03000000" + "8877665544332211" + "01000000"
                        + "09000000" + "00000000".repeat(7) + "00000000");
    }

    @Test
    void resourceCreateHasOffsetsThenCountsThenEntries() {
        byte[] bytes = VideoWire.encodeCommand(
                new ResourceCreate(7, QueueType.OUTPUT, 3, 1, List.of(64), List.of(List.of(ResourceEntry.of(OBJECT)))));

        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("04010000" + "07000000" + "01010000" + "03000000" + "01000000" + "01000000" + "40000000"
                        + "00000000".repeat(7) + "01000000" + "00000000".repeat(7)
                        + "063f8a6c95a3468e9ff23d03f772cdf0");
    }

    @Test
    void anEntryIsGuestMemoryOrAnObjectDependingOnWhoAsks() {
        assertThat(PAGES.asMemEntry()).isEqualTo(new MemEntry(0x0102030405060708L, 0x11121314));
        assertThat(ResourceEntry.of(OBJECT).asUuid()).isEqualTo(OBJECT);
        byte[] bytes = VideoWire.encodeCommand(ResourceCreate.singlePlane(7, QueueType.INPUT, 3, List.of(PAGES)));
        assertThat(HexFormat.of().formatHex(bytes, 88, 104)).isEqualTo("0807060504030201" + "14131211" + "00000000");
    }

    @Test
    void queueAndMemoryTypesThatDoNotExistAreInvalidParameters() {
        byte[] queue = VideoWire.encodeCommand(new QueueClear(7, QueueType.INPUT));
        queue[8] = 2;
        byte[] memory = VideoWire.encodeCommand(new StreamCreate(7, MemType.GUEST_PAGES, MemType.GUEST_PAGES, 1, ""));
        memory[12] = 2;

        for (byte[] bytes : List.of(queue, memory)) {
            assertThat(malformed(bytes).answer()).isEqualTo(VideoResult.ERR_INVALID_PARAMETER);
            assertThat(malformed(bytes).streamId()).isEqualTo(7);
        }
        assertThat(malformed(queue).reason()).isEqualTo("queue type 258");
    }

    @Test
    void moreThanEightPlanesAreAnInvalidParameter() {
        byte[] create = VideoWire.encodeCommand(new ResourceCreate(7, QueueType.INPUT, 3, 1, List.of(), List.of()));
        create[20] = 9;
        byte[] sizes = VideoWire.encodeCommand(new ResourceQueue(7, QueueType.INPUT, 3, 0, List.of()));
        sizes[27] = -1;
        byte[] params = VideoWire.encodeCommand(new SetParams(7, UNSET));
        params[8 + 44] = 9;

        for (byte[] bytes : List.of(create, sizes, params)) {
            assertThat(malformed(bytes).answer()).isEqualTo(VideoResult.ERR_INVALID_PARAMETER);
        }
    }

    @Test
    void moreEntriesThanTheMessageHoldsAreRefusedBeforeRoomIsMadeForThem() {
        byte[] create = VideoWire.encodeCommand(ResourceCreate.singlePlane(7, QueueType.INPUT, 3, List.of(PAGES)));
        Arrays.fill(create, 56, 60, (byte) -1);

        assertThat(malformed(create).answer()).isEqualTo(VideoResult.ERR_INVALID_OPERATION);
        assertThat(malformed(create).reason()).contains("4294967295 entries");
    }

    @Test
    void aTagIsCutToWholeCharacters() {
        String sixtyThree = "a".repeat(63);

        VideoCommand longest = new StreamCreate(1, MemType.GUEST_PAGES, MemType.GUEST_PAGES, 1, sixtyThree + "é");

        assertThat(decoded(VideoWire.encodeCommand(longest)))
                .isEqualTo(new StreamCreate(1, MemType.GUEST_PAGES, MemType.GUEST_PAGES, 1, sixtyThree));
        VideoCommand full = new StreamCreate(1, MemType.GUEST_PAGES, MemType.GUEST_PAGES, 1, "b".repeat(64));
        assertThat(decoded(VideoWire.encodeCommand(full))).isEqualTo(full);
    }

    @Test
    void aTagThatIsNoTextIsStillAStream() {
        byte[] bytes = VideoWire.encodeCommand(new StreamCreate(1, MemType.GUEST_PAGES, MemType.GUEST_PAGES, 1, "abc"));
        bytes[25] = -1;

        assertThat(((StreamCreate) decoded(bytes)).tag()).isEqualTo("a\ufffdc");
    }

    @Test
    void answersAreCutToTheRoomThereIsAndNeverToLessThanAHeader() {
        VideoResponse response = new VideoResponse.OkResourceQueue(1, 2, 3);
        byte[] whole = VideoWire.encodeResponse(response);

        assertThat(VideoWire.encodeResponse(response, 0)).isEmpty();
        assertThat(VideoWire.encodeResponse(response, 7)).isEmpty();
        assertThat(VideoWire.encodeResponse(response, 8)).isEqualTo(Arrays.copyOf(whole, 8));
        assertThat(VideoWire.encodeResponse(response, 23)).isEqualTo(Arrays.copyOf(whole, 23));
        assertThat(VideoWire.encodeResponse(response, 1L << 33)).isEqualTo(whole);
    }

    @Test
    void answersToBothKindsOfGetParamsHaveTheSameType() {
        byte[] plain = VideoWire.encodeResponse(new VideoResponse.OkGetParams(PARAMS));
        byte[] extended = VideoWire.encodeResponse(new VideoResponse.OkGetParamsExt(PARAMS, MemType.GUEST_PAGES));

        assertThat(Arrays.copyOf(extended, 120)).isEqualTo(plain);
    }

    @Test
    void anAnswerMayEchoTheStreamId() throws Exception {
        byte[] bytes = VideoWire.encodeResponse(new VideoResponse.OkNodata());
        assertThat(bytes).containsExactly(0, 2, 0, 0, 0, 0, 0, 0);
        bytes[4] = 7;

        assertThat(VideoWire.decodeResponse(bytes, new StreamDestroy(7))).isEqualTo(new VideoResponse.OkNodata());
    }

    @Test
    void answersOfUnknownTypeAreMalformed() {
        byte[] asVhostDeviceVideoHasThem = {0x06, 0x02, 0, 0, 0, 0, 0, 0};

        assertThatThrownBy(() -> VideoWire.decodeResponse(asVhostDeviceVideoHasThem, new StreamDestroy(7)))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("0x206");
    }

    @Test
    void eventsAreTheirTypeAndTheirStream() throws Exception {
        VideoEvent event = new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, 7);

        assertThat(VideoWire.encodeEvent(event)).containsExactly(0, 2, 0, 0, 7, 0, 0, 0);
        assertThat(VideoWire.decodeEvent(VideoWire.encodeEvent(event))).isEqualTo(event);
        assertThatThrownBy(() -> VideoWire.decodeEvent(new byte[8])).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> VideoWire.decodeEvent(new byte[] {0, 1, 0, 0, 7, 0, 0}))
                .isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void randomCommandsNeverDoMoreThanBeRefused() {
        Random random = new Random(21);
        int understood = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[random.nextInt(180)];
            if (random.nextInt(3) == 0) {
                random.nextBytes(bytes);
            } else {
                // Mostly zeros, so that counts and enumerations are often right and the inner parts are reached.
                for (int j = 0; j < bytes.length / 8; j++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            if (bytes.length >= 12) {
                byte[] start = new WireWriter(12)
                        .u32(0x100 + random.nextInt(16))
                        .u32(random.nextInt())
                        .u32(random.nextBoolean() ? 0x100 : random.nextInt(3))
                        .toBytes();
                System.arraycopy(start, 0, bytes, 0, 12);
            }
            if (VideoWire.decodeCommand(bytes) instanceof Decoded.Command(VideoCommand command)) {
                understood++;
                assertThat(decoded(VideoWire.encodeCommand(command))).isEqualTo(command);
            }
        }
        assertThat(understood).isGreaterThan(10_000);
    }

    @Test
    void randomAnswersNeverDoMoreThanBeRefused() {
        Random random = new Random(22);
        VideoResult[] results = VideoResult.values();
        int understood = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            if (random.nextBoolean()) {
                random.nextBytes(bytes);
            }
            if (bytes.length >= 12) {
                byte[] start = new WireWriter(12)
                        .u32(results[random.nextInt(results.length)].number())
                        .u32(0)
                        .u32(random.nextBoolean() ? 0x101 : random.nextInt(5))
                        .toBytes();
                System.arraycopy(start, 0, bytes, 0, 12);
            }
            VideoCommand asked = random.nextBoolean() ? new GetParamsExt(1, QueueType.INPUT) : new StreamDestroy(1);
            try {
                VideoWire.decodeResponse(bytes, asked);
                understood++;
            } catch (MalformedMessageException expected) {
                assertThat(expected).hasMessageMatching(".+");
            }
        }
        assertThat(understood).isGreaterThan(10_000);
    }
}
