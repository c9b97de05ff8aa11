package dev.crossdev.virtio.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Numbers, names and small sums of virtio-gpu. */
class GpuWordsTest {

    @Test
    void commandNumbersAreTheSpecs() {
        assertThat(GpuCommandType.of(0x10b)).isEqualTo(GpuCommandType.RESOURCE_ASSIGN_UUID);
        assertThat(GpuCommandType.of(0x10a)).isEqualTo(GpuCommandType.GET_EDID);
        assertThat(GpuCommandType.of(0x209)).isEqualTo(GpuCommandType.RESOURCE_UNMAP_BLOB);
        assertThat(GpuCommandType.of(0x10e)).isEqualTo(GpuCommandType.UNDEFINED);
        assertThat(GpuCommandType.RESOURCE_ASSIGN_UUID.wireName()).isEqualTo("VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID");
    }

    @Test
    void resultNumbersAreTheSpecs() {
        assertThat(GpuResult.of(0x1105)).contains(GpuResult.OK_RESOURCE_UUID);
        assertThat(GpuResult.of(0x1205)).contains(GpuResult.ERR_INVALID_PARAMETER);
        assertThat(GpuResult.of(0x1206)).isEmpty();
        assertThat(GpuResult.ERR_UNSPEC.wireName()).isEqualTo("VIRTIO_GPU_RESP_ERR_UNSPEC");
        assertThat(GpuResult.OK_MAP_INFO.isError()).isFalse();
        assertThatThrownBy(() -> new GpuResponse.Err(GpuResult.OK_NODATA)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void formatsNameTheirBytes() {
        assertThat(PixelFormat.of(1)).contains(PixelFormat.B8G8R8A8_UNORM);
        assertThat(PixelFormat.of(134)).contains(PixelFormat.R8G8B8X8_UNORM);
        assertThat(PixelFormat.of(5)).isEmpty();
        assertThat(PixelFormat.A8B8G8R8_UNORM.byteOf('R')).isEqualTo(3);
        assertThat(PixelFormat.X8R8G8B8_UNORM.hasAlpha()).isFalse();
        assertThat(PixelFormat.B8G8R8A8_UNORM.channels()).isEqualTo("BGRA");
    }

    @Test
    void rectanglesDoNotWrap() {
        assertThat(new Rect(-1, 0, 2, 1).right()).isEqualTo(0x1_0000_0001L);
        assertThat(new Rect(-1, 0, 2, 1).fitsIn(64, 64)).isFalse();
        assertThat(new Rect(0, -1, 1, 2).fitsIn(64, 64)).isFalse();
        assertThat(new Rect(0, 0, 64, 64).fitsIn(64, 64)).isTrue();
        assertThat(new Rect(1, 0, 64, 64).fitsIn(64, 64)).isFalse();
        assertThat(new Rect(0, 0, -1, 1).fitsIn(-1, 1)).isTrue();
        assertThat(new Rect(64, 64, 0, 0).fitsIn(64, 64)).isTrue();
    }

    @Test
    void configurationSpaceIsSixteenLittleEndianBytes() throws Exception {
        GpuConfig config = new GpuConfig(GpuConfig.EVENT_DISPLAY, 0, 1, 0);

        assertThat(config.toBytes()).containsExactly(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
        assertThat(GpuConfig.of(config.toBytes())).isEqualTo(config);
    }

    @Test
    void blocksOfBytesAreValues() {
        byte[] bytes = {1, 2};
        GpuResponse.OkEdid edid = new GpuResponse.OkEdid(bytes);
        bytes[0] = 9;
        edid.edid()[1] = 9;

        assertThat(edid).isEqualTo(new GpuResponse.OkEdid(new byte[] {1, 2})).hasToString("OkEdid[0102]");
        assertThat(edid).hasSameHashCodeAs(new GpuResponse.OkEdid(new byte[] {1, 2}));
        assertThatThrownBy(() -> new GpuResponse.OkEdid(new byte[1025])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void faultsSpeakVirtioGpu() {
        GpuFaults faults = new GpuFaults();
        GpuRequest request = GpuRequest.fenced(3, new GpuCommand.ResourceAssignUuid(1));
        UUID uuid = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");
        GpuReply reply = request.reply(new GpuResponse.OkResourceUuid(uuid));

        assertThat(faults.nameOf(request)).isEqualTo("RESOURCE_ASSIGN_UUID");
        assertThat(faults.error(request, 0x1203))
                .isEqualTo(request.reply(new GpuResponse.Err(GpuResult.ERR_INVALID_RESOURCE_ID)));
        assertThat(List.of(faults.error(request, 0x1105), faults.error(request, 7), faults.failed(request)))
                .containsOnly(request.reply(new GpuResponse.Err(GpuResult.ERR_UNSPEC)));
        assertThat(faults.withOtherUuid(reply).header()).isEqualTo(reply.header());
        assertThat(faults.withOtherUuid(reply).response())
                .isInstanceOfSatisfying(
                        GpuResponse.OkResourceUuid.class,
                        other -> assertThat(other.uuid()).isNotEqualTo(uuid));
        assertThat(faults.withOtherUuid(request.reply(new GpuResponse.OkNodata())))
                .isEqualTo(request.reply(new GpuResponse.OkNodata()));
    }
}
