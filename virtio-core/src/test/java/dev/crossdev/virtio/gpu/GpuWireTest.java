package dev.crossdev.virtio.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.virtio.gpu.GpuCommand.GetCapset;
import dev.crossdev.virtio.gpu.GpuCommand.GetCapsetInfo;
import dev.crossdev.virtio.gpu.GpuCommand.GetDisplayInfo;
import dev.crossdev.virtio.gpu.GpuCommand.GetEdid;
import dev.crossdev.virtio.gpu.GpuCommand.MoveCursor;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAttachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreate2d;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreateBlob;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceDetachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceFlush;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanout;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanoutBlob;
import dev.crossdev.virtio.gpu.GpuCommand.TransferToHost2d;
import dev.crossdev.virtio.gpu.GpuCommand.Unsupported;
import dev.crossdev.virtio.gpu.GpuCommand.UpdateCursor;
import dev.crossdev.virtio.gpu.GpuWire.Decoded;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GpuWireTest {

    private static final GpuHeader FENCED =
            new GpuHeader(GpuHeader.FENCE | GpuHeader.INFO_RING_IDX, -2, 0x80000001, 63);
    private static final Rect RECT = new Rect(1, 2, 3, 0xffffffff);
    private static final UUID SOME_UUID = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");
    private static final List<MemEntry> ENTRIES = List.of(new MemEntry(0x1000, 0x1000), new MemEntry(-0x1000, -1));

    /** A command of each kind and its size in virtio-facts (Linux virtio_gpu.h). */
    record Sized(GpuCommand command, int bytes) {}

    static Stream<Sized> commands() {
        return Stream.of(
                new Sized(new GetDisplayInfo(), 24),
                new Sized(new GetEdid(15), 32),
                new Sized(new ResourceCreate2d(7, 0x99, -1, 1080), 40),
                new Sized(new ResourceUnref(7), 32),
                new Sized(new SetScanout(RECT, 3, 7), 48),
                new Sized(new ResourceFlush(RECT, 7), 48),
                new Sized(new TransferToHost2d(RECT, -8, 7), 56),
                new Sized(new ResourceAttachBacking(7, ENTRIES), 64),
                new Sized(new ResourceAttachBacking(7, List.of()), 32),
                new Sized(new ResourceDetachBacking(7), 32),
                new Sized(new GetCapsetInfo(1), 32),
                new Sized(new GetCapset(2, 3), 32),
                new Sized(new ResourceAssignUuid(-1), 32),
                new Sized(new ResourceCreateBlob(7, BlobMem.GUEST, 6, 5, 1L << 40, ENTRIES), 88),
                new Sized(new SetScanoutBlob(RECT, 3, 7, 64, 32, 67, List.of(256, 1, 2, 3), List.of(4, 5, 6, 7)), 96),
                new Sized(new UpdateCursor(new CursorPosition(1, 2, 3), 7, 8, 9), 56),
                new Sized(new MoveCursor(new CursorPosition(1, -2, 3), 0, 8, 9), 56),
                new Sized(new Unsupported(0x207), 24),
                new Sized(new Unsupported(0xdead), 24));
    }

    static Stream<Sized> largeCommands() {
        return commands().filter(each -> each.bytes > 24);
    }

    /** An answer of each kind and its size. */
    record SizedAnswer(GpuResponse response, int bytes) {}

    static Stream<SizedAnswer> answers() {
        List<Display> displays = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            displays.add(new Display(new Rect(i, 2, 640, 480), i % 2 == 0, i));
        }
        return Stream.of(
                new SizedAnswer(new GpuResponse.OkNodata(), 24),
                new SizedAnswer(new GpuResponse.OkDisplayInfo(displays), 408),
                new SizedAnswer(new GpuResponse.OkCapsetInfo(1, 2, 3), 40),
                new SizedAnswer(new GpuResponse.OkCapset(new byte[] {1, 2, 3}), 27),
                new SizedAnswer(new GpuResponse.OkEdid(new byte[] {0, -1, -1}), 1056),
                new SizedAnswer(new GpuResponse.OkResourceUuid(SOME_UUID), 40),
                new SizedAnswer(new GpuResponse.OkMapInfo(3), 32),
                new SizedAnswer(new GpuResponse.Err(GpuResult.ERR_INVALID_PARAMETER), 24));
    }

    private static GpuQueue queueOf(GpuCommand command) {
        return command instanceof UpdateCursor || command instanceof MoveCursor ? GpuQueue.CURSOR : GpuQueue.CONTROL;
    }

    private static GpuRequest decoded(byte[] bytes, GpuQueue queue) {
        assertThat(GpuWire.decodeRequest(bytes, queue)).isInstanceOf(Decoded.Request.class);
        return ((Decoded.Request) GpuWire.decodeRequest(bytes, queue)).request();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandComesBackAsItWasSent(Sized sized) {
        GpuRequest request = new GpuRequest(FENCED, sized.command);
        byte[] bytes = GpuWire.encodeRequest(request);

        assertThat(bytes).hasSize(sized.bytes);
        assertThat(decoded(bytes, queueOf(sized.command))).isEqualTo(request);
        assertThat(decoded(Arrays.copyOf(bytes, bytes.length + 5), queueOf(sized.command)))
                .isEqualTo(request);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void everyAnswerComesBackAsItWasSent(SizedAnswer sized) throws Exception {
        GpuReply reply = new GpuReply(FENCED, sized.response);
        byte[] bytes = GpuWire.encodeReply(reply);

        assertThat(bytes).hasSize(sized.bytes);
        assertThat(GpuWire.decodeReply(bytes)).isEqualTo(reply);
    }

    @ParameterizedTest
    @MethodSource("largeCommands")
    void aCommandCutOffInItsBodyIsRefusedWithItsFence(Sized sized) {
        byte[] bytes = GpuWire.encodeRequest(new GpuRequest(FENCED, sized.command));
        // What follows the fixed part is the device's to judge, after its other checks.
        boolean hasEntries =
                sized.command instanceof ResourceAttachBacking || sized.command instanceof ResourceCreateBlob;
        int fixed = hasEntries ? (sized.command instanceof ResourceAttachBacking ? 32 : 56) : bytes.length;

        for (int length = 24; length < fixed; length++) {
            Decoded outcome = GpuWire.decodeRequest(Arrays.copyOf(bytes, length), queueOf(sized.command));
            assertThat(outcome).isInstanceOf(Decoded.Malformed.class);
            GpuReply reply = ((Decoded.Malformed) outcome).reply();
            assertThat(reply.header()).isEqualTo(FENCED);
            assertThat(reply.response()).isEqualTo(new GpuResponse.Err(GpuResult.ERR_UNSPEC));
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCommandCutOffInItsHeaderIsRefusedWithoutAFence(Sized sized) {
        byte[] bytes = GpuWire.encodeRequest(new GpuRequest(FENCED, sized.command));

        for (int length = 0; length < 24; length++) {
            Decoded outcome = GpuWire.decodeRequest(Arrays.copyOf(bytes, length), queueOf(sized.command));
            assertThat(outcome).isInstanceOf(Decoded.Malformed.class);
            assertThat(((Decoded.Malformed) outcome).header()).isEqualTo(GpuHeader.NONE);
        }
    }

    @Test
    void entriesThatAreMissingOrTooManyAreLeftToTheDevice() {
        byte[] attach = GpuWire.encodeRequest(GpuRequest.of(new ResourceAttachBacking(7, ENTRIES)));
        byte[] blob = GpuWire.encodeRequest(GpuRequest.of(new ResourceCreateBlob(7, 1, 2, 3, 4, ENTRIES)));
        for (int missing = 1; missing <= 32; missing++) {
            assertThat(decoded(Arrays.copyOf(attach, attach.length - missing), GpuQueue.CONTROL)
                            .command())
                    .isEqualTo(new ResourceAttachBacking(7, List.of(), false));
            assertThat(decoded(Arrays.copyOf(blob, blob.length - missing), GpuQueue.CONTROL)
                            .command())
                    .isEqualTo(new ResourceCreateBlob(7, 1, 2, 3, 4, List.of(), false));
        }
        for (int announced : new int[] {GpuLimits.MAX_BACKING_ENTRIES + 1, Integer.MIN_VALUE, -1}) {
            byte[] tooMany = new WireWriter(0)
                    .bytes(Arrays.copyOf(attach, 28))
                    .u32(announced)
                    .zeros((GpuLimits.MAX_BACKING_ENTRIES + 1) * 16)
                    .toBytes();
            assertThat(decoded(tooMany, GpuQueue.CONTROL).command())
                    .isEqualTo(new ResourceAttachBacking(7, List.of(), false));
        }
    }

    @Test
    void asManyEntriesAsAllowedAreRead() {
        List<MemEntry> most = new ArrayList<>();
        for (int i = 0; i < GpuLimits.MAX_BACKING_ENTRIES; i++) {
            most.add(new MemEntry(i * 4096L, 4096));
        }
        GpuRequest request = GpuRequest.of(new ResourceAttachBacking(7, most));

        assertThat(decoded(GpuWire.encodeRequest(request), GpuQueue.CONTROL)).isEqualTo(request);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void anAnswerCutOffAnywhereIsMalformed(SizedAnswer sized) {
        byte[] bytes = GpuWire.encodeReply(new GpuReply(FENCED, sized.response));
        // A capability set is as long as it is.
        int needed = sized.response instanceof GpuResponse.OkCapset ? 24 : bytes.length;

        for (int length = 0; length < needed; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> GpuWire.decodeReply(part)).isInstanceOf(MalformedMessageException.class);
        }
    }

    @Test
    void answersAreCutToTheRoomThereIsAndNeverToLessThanAHeader() {
        GpuReply reply =
                GpuRequest.fenced(9, new ResourceAssignUuid(7)).reply(new GpuResponse.OkResourceUuid(SOME_UUID));
        byte[] whole = GpuWire.encodeReply(reply);

        assertThat(GpuWire.encodeReply(reply, 0)).isEmpty();
        assertThat(GpuWire.encodeReply(reply, 23)).isEmpty();
        assertThat(GpuWire.encodeReply(reply, 24)).isEqualTo(Arrays.copyOf(whole, 24));
        assertThat(GpuWire.encodeReply(reply, 39)).isEqualTo(Arrays.copyOf(whole, 39));
        assertThat(GpuWire.encodeReply(reply, 40)).isEqualTo(whole);
        assertThat(GpuWire.encodeReply(reply, 1L << 40)).isEqualTo(whole);
    }

    @Test
    void fenceContextAndTimelineAreCopiedBackOnlyWhenThereIsAFence() {
        GpuHeader unfenced = new GpuHeader(GpuHeader.INFO_RING_IDX, 5, 6, 7);
        GpuHeader withoutTimeline = new GpuHeader(GpuHeader.FENCE, 5, 6, 7);

        assertThat(unfenced.ofAnswer()).isEqualTo(GpuHeader.NONE);
        assertThat(withoutTimeline.ofAnswer()).isEqualTo(new GpuHeader(GpuHeader.FENCE, 5, 6, 0));
        assertThat(FENCED.ofAnswer()).isEqualTo(FENCED);
    }

    @Test
    void aWriteToTheConfigurationSpaceClearsTheBitsThatLieInEventsClear() {
        assertThat(GpuConfig.eventsCleared(4, new byte[] {1, 2, 3, (byte) 0x84}))
                .isEqualTo(0x84030201);
        assertThat(GpuConfig.eventsCleared(0, new byte[] {9, 9, 9, 9, 1, 0, 0, 0, 9, 9, 9, 9}))
                .isEqualTo(1);
        assertThat(GpuConfig.eventsCleared(6, new byte[] {5, 6, 7})).isEqualTo(0x06050000);
        assertThat(GpuConfig.eventsCleared(8, new byte[] {1})).isZero();
        assertThat(GpuConfig.eventsCleared(-4, new byte[] {1, 1, 1, 1})).isZero();
        assertThat(GpuConfig.eventsCleared(Integer.MAX_VALUE, new byte[] {1})).isZero();
        assertThat(GpuConfig.eventsCleared(4, new byte[0])).isZero();
    }

    @Test
    void aCommandOnTheWrongQueueIsUnsupported() {
        byte[] cursor = GpuWire.encodeRequest(GpuRequest.of(new MoveCursor(new CursorPosition(0, 1, 2), 0, 0, 0)));
        byte[] control = GpuWire.encodeRequest(GpuRequest.of(new ResourceUnref(7)));

        assertThat(decoded(cursor, GpuQueue.CONTROL).command()).isEqualTo(new Unsupported(0x301));
        assertThat(decoded(control, GpuQueue.CURSOR).command()).isEqualTo(new Unsupported(0x102));
    }

    @Test
    void commandsOfA3dDeviceAreReadAsUnsupported() {
        for (int type = 0x200; type <= 0x209; type++) {
            byte[] bytes = GpuWire.encodeRequest(new GpuRequest(FENCED, new Unsupported(type)));
            assertThat(decoded(bytes, GpuQueue.CONTROL)).isEqualTo(new GpuRequest(FENCED, new Unsupported(type)));
        }
    }

    @Test
    void anEdidLargerThanItsFieldIsMalformed() {
        byte[] bytes = GpuWire.encodeReply(new GpuReply(GpuHeader.NONE, new GpuResponse.OkEdid(new byte[1024])));
        bytes[24] = 1;

        assertThatThrownBy(() -> GpuWire.decodeReply(bytes))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("1025");
    }

    @Test
    void anAnswerOfUnknownTypeIsMalformed() {
        byte[] bytes = new byte[64];
        bytes[1] = 0x13;

        assertThatThrownBy(() -> GpuWire.decodeReply(bytes))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("0x1300");
    }

    @Test
    void replyBytesIsEnoughForTheAnswerThatGoesWithTheCommand() {
        assertThat(GpuWire.replyBytes(new GetDisplayInfo())).isEqualTo(408);
        assertThat(GpuWire.replyBytes(new GetEdid(0))).isEqualTo(1056);
        assertThat(GpuWire.replyBytes(new GetCapsetInfo(0))).isEqualTo(40);
        assertThat(GpuWire.replyBytes(new ResourceAssignUuid(1))).isEqualTo(40);
        assertThat(GpuWire.replyBytes(new ResourceUnref(1))).isEqualTo(24);
    }

    @Test
    void randomBytesNeverDoMoreThanBeRefused() {
        Random random = new Random(11);
        int requests = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[random.nextInt(128)];
            random.nextBytes(bytes);
            if (bytes.length >= 4 && random.nextInt(4) > 0) {
                GpuCommandType[] types = GpuCommandType.values();
                int type = types[random.nextInt(types.length)].number();
                System.arraycopy(new WireWriter(4).u32(type).toBytes(), 0, bytes, 0, 4);
            }
            GpuQueue queue = random.nextBoolean() ? GpuQueue.CONTROL : GpuQueue.CURSOR;
            if (GpuWire.decodeRequest(bytes, queue) instanceof Decoded.Request(GpuRequest request)) {
                requests++;
                // What was understood can be said again.
                assertThat(GpuWire.encodeRequest(request)).hasSizeGreaterThanOrEqualTo(24);
            }
        }
        assertThat(requests).isGreaterThan(10_000);
    }

    @Test
    void randomAnswersNeverDoMoreThanBeRefused() {
        Random random = new Random(12);
        int understood = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = new byte[random.nextInt(random.nextBoolean() ? 64 : 1100)];
            random.nextBytes(bytes);
            if (bytes.length >= 28 && random.nextInt(4) > 0) {
                GpuResult[] results = GpuResult.values();
                int type = results[random.nextInt(results.length)].number();
                System.arraycopy(new WireWriter(4).u32(type).toBytes(), 0, bytes, 0, 4);
                bytes[26] = 0;
                bytes[27] = 0;
            }
            try {
                GpuWire.decodeReply(bytes);
                understood++;
            } catch (MalformedMessageException expected) {
                assertThat(expected).hasMessageMatching(".+");
            }
        }
        assertThat(understood).isGreaterThan(10_000);
    }

    @Test
    void uuidsTravelAsRawBytesInTheOrderOfRfc4122() {
        byte[] bytes = GpuWire.encodeReply(new GpuReply(GpuHeader.NONE, new GpuResponse.OkResourceUuid(SOME_UUID)));

        assertThat(HexFormat.of().formatHex(bytes, 24, 40)).isEqualTo("00112233445546778899aabbccddeeff");
    }
}
