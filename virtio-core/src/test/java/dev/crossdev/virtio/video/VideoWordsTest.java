package dev.crossdev.virtio.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.virtio.wire.MalformedMessageException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Numbers, names and the configuration space of virtio-video. */
class VideoWordsTest {

    @Test
    void numbersAreThoseOfTheDriversHeader() {
        assertThat(VideoCommandType.of(0x104)).isEqualTo(VideoCommandType.RESOURCE_CREATE);
        assertThat(VideoCommandType.of(0x10e)).isEqualTo(VideoCommandType.SET_PARAMS_EXT);
        assertThat(VideoCommandType.of(0x10f)).isEqualTo(VideoCommandType.UNDEFINED);
        assertThat(VideoResult.of(0x205)).contains(VideoResult.OK_GET_CONTROL);
        assertThat(VideoResult.of(0x305)).contains(VideoResult.ERR_UNSUPPORTED_CONTROL);
        assertThat(VideoResult.of(0x206)).isEmpty();
        assertThat(VideoFormat.of(2)).contains(VideoFormat.BGRA8888);
        assertThat(VideoFormat.of(0x1002)).contains(VideoFormat.H264);
        assertThat(VideoFormat.H264.isCoded()).isTrue();
        assertThat(VideoFormat.YVU420.isCoded()).isFalse();
        assertThat(QueueType.of(0x101)).contains(QueueType.OUTPUT);
        assertThat(VideoEventType.of(0x100)).contains(VideoEventType.ERROR);
        assertThat(VideoResult.ERR_OUT_OF_MEMORY.wireName()).isEqualTo("VIRTIO_VIDEO_RESP_ERR_OUT_OF_MEMORY");
        assertThat(VideoCommandType.STREAM_DRAIN.wireName()).isEqualTo("VIRTIO_VIDEO_CMD_STREAM_DRAIN");
    }

    @Test
    void bufferFlagsHaveNames() {
        assertThat(BufferFlags.describe(0)).isEqualTo("0");
        assertThat(BufferFlags.describe(BufferFlags.ERR | BufferFlags.EOS)).isEqualTo("ERR|EOS");
        assertThat(BufferFlags.describe(BufferFlags.BFRAME | 0x40)).isEqualTo("BFRAME|0x40");
        assertThat(VideoResponse.OkResourceQueue.TAKEN_BACK.has(BufferFlags.ERR))
                .isTrue();
        assertThat(VideoResponse.OkResourceQueue.TAKEN_BACK.has(BufferFlags.EOS))
                .isFalse();
    }

    @Test
    void configurationSpaceHasTheNameAtTwelve() throws Exception {
        VideoConfig config = new VideoConfig(0, 1024, 2048, "crossdev-decoder");
        byte[] bytes = config.toBytes();

        assertThat(bytes).hasSize(44).startsWith(0, 0, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 'c', 'r', 'o');
        assertThat(VideoConfig.of(bytes)).isEqualTo(config);
    }

    @Test
    void configurationSpaceOfTheRfcHasNoName() throws Exception {
        byte[] bytes = new VideoConfig(0, 1024, 2048, "name").toBytes();

        assertThat(VideoConfig.of(Arrays.copyOf(bytes, 12))).isEqualTo(new VideoConfig(0, 1024, 2048, ""));
        assertThatThrownBy(() -> VideoConfig.of(Arrays.copyOf(bytes, 11)))
                .isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void aNameThatFillsItsFieldWithoutAZeroIsRead() throws Exception {
        byte[] bytes = new VideoConfig(0, 1, 2, "").toBytes();
        Arrays.fill(bytes, 12, 44, (byte) 0xe9);

        assertThat(VideoConfig.of(bytes).deviceName()).isEqualTo("?".repeat(31));
    }

    @Test
    void namesThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> new VideoConfig(0, 1, 2, "x".repeat(32))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VideoConfig(0, 1, 2, "dé")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void faultsSpeakVirtioVideo() {
        VideoFaults faults = new VideoFaults();
        VideoCommand command = new VideoCommand.StreamDrain(1);
        VideoResponse invalidOperation = new VideoResponse.Err(VideoResult.ERR_INVALID_OPERATION);

        assertThat(faults.nameOf(command)).isEqualTo("STREAM_DRAIN");
        assertThat(faults.error(command, 0x301)).isEqualTo(new VideoResponse.Err(VideoResult.ERR_OUT_OF_MEMORY));
        assertThat(List.of(faults.error(command, 0x200), faults.failed(command)))
                .containsOnly(invalidOperation);
        assertThat(faults.withOtherUuid(invalidOperation)).isSameAs(invalidOperation);
    }
}
