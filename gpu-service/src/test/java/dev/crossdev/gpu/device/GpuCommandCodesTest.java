package dev.crossdev.gpu.device;

import static dev.crossdev.virtio.gpu.GpuResult.ERR_INVALID_PARAMETER;
import static dev.crossdev.virtio.gpu.GpuResult.ERR_INVALID_RESOURCE_ID;
import static dev.crossdev.virtio.gpu.GpuResult.ERR_INVALID_SCANOUT_ID;
import static dev.crossdev.virtio.gpu.GpuResult.ERR_OUT_OF_MEMORY;
import static dev.crossdev.virtio.gpu.GpuResult.ERR_UNSPEC;
import static dev.crossdev.virtio.gpu.GpuResult.OK_DISPLAY_INFO;
import static dev.crossdev.virtio.gpu.GpuResult.OK_EDID;
import static dev.crossdev.virtio.gpu.GpuResult.OK_NODATA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.CursorPosition;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class GpuCommandCodesTest {
    /** 64x64, with a backing; the device's only resource with one. */
    private static final int BACKED = 1;

    /** 64x64, without. */
    private static final int BARE = 2;

    /** 32x64. */
    private static final int NARROW = 3;

    private static final int UNKNOWN = 99;
    private static final int BGRA = PixelFormat.B8G8R8A8_UNORM.number();
    private static final long MEMORY = TestGpu.MEMORY_ADDRESS;
    private static final Rect ALL = Rect.of(64, 64);
    private static final CursorPosition HERE = new CursorPosition(0, 5, 6);

    private final TestGpu gpu = new TestGpu();

    @BeforeEach
    void makeResources() {
        gpu.resource(BACKED, 64, 64);
        gpu.ok(new GpuCommand.ResourceCreate2d(BARE, BGRA, 64, 64));
        gpu.ok(new GpuCommand.ResourceCreate2d(NARROW, BGRA, 32, 64));
    }

    @AfterEach
    void close() {
        gpu.close();
        assertThat(SharedMemory.live()).isZero();
    }

    static Stream<Arguments> commands() {
        return Stream.of(
                arguments(new GpuCommand.GetDisplayInfo(), OK_DISPLAY_INFO),
                arguments(new GpuCommand.GetEdid(0), OK_EDID),
                arguments(new GpuCommand.GetEdid(1), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.GetEdid(-1), ERR_INVALID_PARAMETER),
                // CREATE_2D: id, then format, then room
                arguments(new GpuCommand.ResourceCreate2d(0, BGRA, 64, 64), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceCreate2d(0, 5, 0, 0), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceCreate2d(BARE, BGRA, 64, 64), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceCreate2d(BARE, 5, 64, 64), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, 0, 64, 64), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, 5, -1, -1), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, BGRA, 0, 64), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, BGRA, 64, 0), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, BGRA, 8192, 8192), ERR_OUT_OF_MEMORY),
                // 2^16 x 2^14 x 4 is 2^32, which 32 bits take for nothing.
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, BGRA, 1 << 16, 1 << 14), ERR_OUT_OF_MEMORY),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, BGRA, 1 << 31, 1 << 31), ERR_OUT_OF_MEMORY),
                arguments(new GpuCommand.ResourceCreate2d(UNKNOWN, BGRA, -1, -1), ERR_OUT_OF_MEMORY),
                arguments(new GpuCommand.ResourceCreate2d(-1, BGRA, 16, 16), OK_NODATA),
                // UNREF
                arguments(new GpuCommand.ResourceUnref(0), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceUnref(UNKNOWN), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceUnref(BACKED), OK_NODATA),
                // ATTACH_BACKING: id, then attached already, then the entries
                arguments(attach(UNKNOWN, new MemEntry(0, 4096)), ERR_INVALID_RESOURCE_ID),
                arguments(attach(BACKED, new MemEntry(MEMORY, 4096)), ERR_UNSPEC),
                arguments(attach(BARE, new MemEntry(MEMORY, 4096)), OK_NODATA),
                arguments(attach(BARE), OK_NODATA),
                arguments(attach(BARE, new MemEntry(MEMORY - 1, 4096)), ERR_UNSPEC),
                arguments(attach(BARE, new MemEntry(MEMORY + TestGpu.MEMORY_SIZE - 4095, 4096)), ERR_UNSPEC),
                arguments(attach(BARE, new MemEntry(-1, 4096)), ERR_UNSPEC),
                arguments(attach(BARE, new MemEntry(MEMORY, -1)), ERR_UNSPEC),
                arguments(attach(BARE, new MemEntry(MEMORY, 0)), ERR_UNSPEC),
                arguments(attach(BARE, new MemEntry(MEMORY, 4), new MemEntry(0, 4)), ERR_UNSPEC),
                arguments(new GpuCommand.ResourceAttachBacking(BARE, List.of(), false), ERR_UNSPEC),
                arguments(new GpuCommand.ResourceAttachBacking(UNKNOWN, List.of(), false), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceAttachBacking(BARE, entries(16384)), OK_NODATA),
                arguments(new GpuCommand.ResourceAttachBacking(BARE, entries(16385)), ERR_UNSPEC),
                // DETACH_BACKING
                arguments(new GpuCommand.ResourceDetachBacking(UNKNOWN), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceDetachBacking(BARE), ERR_UNSPEC),
                arguments(new GpuCommand.ResourceDetachBacking(BACKED), OK_NODATA),
                // TRANSFER_TO_HOST_2D: id, then backing, then the rectangle
                arguments(new GpuCommand.TransferToHost2d(ALL, 0, UNKNOWN), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.TransferToHost2d(Rect.of(65, 65), 0, BARE), ERR_UNSPEC),
                arguments(new GpuCommand.TransferToHost2d(Rect.of(65, 64), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.TransferToHost2d(Rect.of(64, 65), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.TransferToHost2d(new Rect(1, 0, 64, 1), 0, BACKED), ERR_INVALID_PARAMETER),
                // 32-bit sums wrap to something small.
                arguments(new GpuCommand.TransferToHost2d(new Rect(-1, 0, 2, 1), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.TransferToHost2d(new Rect(0, 2, 1, -1), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.TransferToHost2d(Rect.EMPTY, 0, BACKED), OK_NODATA),
                arguments(new GpuCommand.TransferToHost2d(ALL, 1 << 20, BACKED), OK_NODATA),
                arguments(new GpuCommand.TransferToHost2d(ALL, -1, BACKED), OK_NODATA),
                arguments(new GpuCommand.TransferToHost2d(ALL, Long.MAX_VALUE - 300, BACKED), OK_NODATA),
                // RESOURCE_FLUSH
                arguments(new GpuCommand.ResourceFlush(ALL, UNKNOWN), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceFlush(ALL, 0), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceFlush(Rect.of(65, 1), BARE), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.ResourceFlush(new Rect(-1, 0, 2, 1), BARE), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.ResourceFlush(ALL, BARE), OK_NODATA),
                // SET_SCANOUT: scanout, then 0, then id, then backing, then the rectangle
                arguments(new GpuCommand.SetScanout(ALL, 1, UNKNOWN), ERR_INVALID_SCANOUT_ID),
                arguments(new GpuCommand.SetScanout(ALL, -1, 0), ERR_INVALID_SCANOUT_ID),
                arguments(new GpuCommand.SetScanout(Rect.EMPTY, 0, 0), OK_NODATA),
                arguments(new GpuCommand.SetScanout(Rect.EMPTY, 0, UNKNOWN), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.SetScanout(Rect.EMPTY, 0, BARE), ERR_UNSPEC),
                arguments(new GpuCommand.SetScanout(Rect.of(15, 16), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.SetScanout(Rect.of(16, 15), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.SetScanout(Rect.of(16, 16), 0, BACKED), OK_NODATA),
                arguments(new GpuCommand.SetScanout(Rect.of(65, 64), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.SetScanout(new Rect(-16, 0, 32, 32), 0, BACKED), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.SetScanout(Rect.of(-1, -1), 0, BACKED), ERR_INVALID_PARAMETER),
                // ASSIGN_UUID
                arguments(new GpuCommand.ResourceAssignUuid(UNKNOWN), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.ResourceAssignUuid(0), ERR_INVALID_RESOURCE_ID),
                // what a 2D device does not have
                arguments(new GpuCommand.GetCapsetInfo(0), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.GetCapsetInfo(-1), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.GetCapset(0, 0), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.GetCapset(1, 0), ERR_INVALID_PARAMETER),
                arguments(
                        new GpuCommand.ResourceCreateBlob(UNKNOWN, BlobMem.HOST3D, 0, 0, 4096, List.of()),
                        ERR_INVALID_PARAMETER),
                arguments(
                        new GpuCommand.SetScanoutBlob(
                                ALL, 9, UNKNOWN, 64, 64, BGRA, List.of(256, 0, 0, 0), List.of(0, 0, 0, 0)),
                        ERR_INVALID_SCANOUT_ID),
                arguments(new GpuCommand.Unsupported(0), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.CTX_CREATE.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.CTX_DESTROY.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.CTX_ATTACH_RESOURCE.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.CTX_DETACH_RESOURCE.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.RESOURCE_CREATE_3D.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.TRANSFER_TO_HOST_3D.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.TRANSFER_FROM_HOST_3D.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.SUBMIT_3D.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.RESOURCE_MAP_BLOB.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(GpuCommandType.RESOURCE_UNMAP_BLOB.number()), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(0x10e), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(0x1100), ERR_UNSPEC),
                arguments(new GpuCommand.Unsupported(-1), ERR_UNSPEC),
                // cursor: scanout, then hiding, then id, then size
                arguments(new GpuCommand.UpdateCursor(new CursorPosition(1, 0, 0), 0, 0, 0), ERR_INVALID_SCANOUT_ID),
                arguments(new GpuCommand.UpdateCursor(HERE, 0, 0, 0), OK_NODATA),
                arguments(new GpuCommand.UpdateCursor(HERE, UNKNOWN, 0, 0), ERR_INVALID_RESOURCE_ID),
                arguments(new GpuCommand.UpdateCursor(HERE, NARROW, 0, 0), ERR_INVALID_PARAMETER),
                arguments(new GpuCommand.UpdateCursor(HERE, BARE, 0, 0), OK_NODATA),
                arguments(new GpuCommand.MoveCursor(new CursorPosition(-1, 0, 0), 1, 0, 0), ERR_INVALID_SCANOUT_ID),
                arguments(new GpuCommand.MoveCursor(HERE, UNKNOWN, 0, 0), OK_NODATA),
                arguments(new GpuCommand.MoveCursor(HERE, 0, 0, 0), OK_NODATA));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachCommandAnswersWithItsCode(GpuCommand command, GpuResult code) {
        assertThat(gpu.code(command)).isEqualTo(code);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void anErrorChangesNothing(GpuCommand command, GpuResult code) {
        Inspectable.Usage before = gpu.device.usage();

        gpu.send(command);

        if (code.isError()) {
            assertThat(gpu.device.usage()).isEqualTo(before);
            assertThat(gpu.device.activeScanouts()).isEmpty();
            assertThat(gpu.objects.list(TestGpu.GUEST)).isEmpty();
        }
        assertThat(gpu.device.pending()).isZero();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aFencedCommandCarriesItsFenceBack(GpuCommand command, GpuResult code) {
        GpuHeader header = new GpuHeader(GpuHeader.FENCE, 0x1234_5678_9abcL, 7, 3);

        GpuReply reply = TestGpu.await(gpu.submit(new GpuRequest(header, command)));

        assertThat(reply.response().result()).isEqualTo(code);
        assertThat(reply.header()).isEqualTo(new GpuHeader(GpuHeader.FENCE, 0x1234_5678_9abcL, 7, 0));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aFenceOnATimelineCarriesThatBackToo(GpuCommand command, GpuResult code) {
        GpuHeader header = new GpuHeader(GpuHeader.FENCE | GpuHeader.INFO_RING_IDX | 0x80, 5, 7, 3);

        GpuReply reply = TestGpu.await(gpu.submit(new GpuRequest(header, command)));

        assertThat(reply.response().result()).isEqualTo(code);
        assertThat(reply.header()).isEqualTo(new GpuHeader(GpuHeader.FENCE | GpuHeader.INFO_RING_IDX, 5, 7, 3));
    }

    @Test
    void aCommandWithoutFenceCarriesNothingBack() {
        GpuReply reply =
                TestGpu.await(gpu.submit(new GpuRequest(new GpuHeader(0, 55, 7, 3), new GpuCommand.GetDisplayInfo())));

        assertThat(reply.header()).isEqualTo(GpuHeader.NONE);
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void allEightFormatsMakeResources(PixelFormat format) {
        assertThat(gpu.code(new GpuCommand.ResourceCreate2d(50, format.number(), 16, 16)))
                .isEqualTo(OK_NODATA);
        assertThat(gpu.device.buffers().getLast().description()).isEqualTo(format + " 16x16");
    }

    @Test
    void everyOtherFormatIsRefused() {
        for (int format = -1; format < 300; format++) {
            if (PixelFormat.of(format).isEmpty()) {
                assertThat(gpu.code(new GpuCommand.ResourceCreate2d(50, format, 16, 16)))
                        .isEqualTo(ERR_INVALID_PARAMETER);
            }
        }
    }

    @Test
    void withoutTheFeatureThereIsNoUuidWhateverTheResource() {
        try (TestGpu plain = new TestGpu(GpuSettings.DEFAULT, GpuDevice.OFFERED.without(GpuFeature.RESOURCE_UUID))) {
            plain.resource(1, 16, 16);

            assertThat(plain.code(new GpuCommand.ResourceAssignUuid(1))).isEqualTo(ERR_INVALID_PARAMETER);
            assertThat(plain.code(new GpuCommand.ResourceAssignUuid(UNKNOWN))).isEqualTo(ERR_INVALID_PARAMETER);
            assertThat(plain.objects.list(TestGpu.GUEST)).isEmpty();
        }
    }

    @Test
    void attachingTwiceAndDetachingTwiceFail() {
        assertThat(gpu.code(attach(BACKED, new MemEntry(MEMORY, 4096)))).isEqualTo(ERR_UNSPEC);
        gpu.ok(new GpuCommand.ResourceDetachBacking(BACKED));
        assertThat(gpu.code(new GpuCommand.ResourceDetachBacking(BACKED))).isEqualTo(ERR_UNSPEC);
        gpu.ok(attach(BACKED, new MemEntry(MEMORY, 4096)));
    }

    @Test
    void unrefTwiceFailsTheSecondTime() {
        gpu.ok(new GpuCommand.ResourceUnref(BARE));
        assertThat(gpu.code(new GpuCommand.ResourceUnref(BARE))).isEqualTo(ERR_INVALID_RESOURCE_ID);
    }

    private static GpuCommand attach(int id, MemEntry... entries) {
        return new GpuCommand.ResourceAttachBacking(id, List.of(entries));
    }

    private static List<MemEntry> entries(int count) {
        return Collections.nCopies(count, new MemEntry(MEMORY, 16));
    }
}
