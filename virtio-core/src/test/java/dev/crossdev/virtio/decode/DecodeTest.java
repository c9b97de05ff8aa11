package dev.crossdev.virtio.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoWire;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DecodeTest {

    private static final UUID SOME = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");
    private static final UUID OTHER = UUID.fromString("10112233-4455-4677-8899-aabbccddeeff");

    private final MessageDecoder gpu = MessageDecoder.of(DeviceKind.GPU);
    private final MessageDecoder video = MessageDecoder.of(DeviceKind.VIDEO);

    @Test
    void gpuCommandsAreSaidByNameAndField() {
        assertThat(said(GpuRequest.of(new GpuCommand.ResourceCreate2d(2, 2, 64, -1))))
                .isEqualTo("RESOURCE_CREATE_2D(resource_id=2, format=B8G8R8X8_UNORM, width=64, height=4294967295)");
        assertThat(said(GpuRequest.of(new GpuCommand.ResourceCreate2d(2, 99, 64, 64))))
                .contains("format=99");
        assertThat(said(GpuRequest.of(new GpuCommand.ResourceAttachBacking(2, List.of(new MemEntry(0x6609000, 4096))))))
                .isEqualTo("RESOURCE_ATTACH_BACKING(resource_id=2, entries=[{address=0x6609000, length=4096}])");
        assertThat(said(GpuRequest.of(
                        new GpuCommand.ResourceCreateBlob(6, 1, 6, 0, 8192, List.of(new MemEntry(0x1000, 8192))))))
                .contains("blob_mem=GUEST, blob_flags=USE_SHAREABLE|USE_CROSS_DEVICE");
        assertThat(said(GpuRequest.fenced(7, new GpuCommand.ResourceFlush(new Rect(1, 2, 3, 4), 5))))
                .isEqualTo(
                        "RESOURCE_FLUSH(flags=FENCE, fence_id=7, rect={x=1, y=2, width=3, height=4}, resource_id=5)");
    }

    @Test
    void gpuAnswersAreSaidByNameAndField() {
        assertThat(gpu.answer(0, Bytes.NONE, reply(new GpuResponse.OkResourceUuid(SOME))))
                .hasToString("OK_RESOURCE_UUID(uuid=" + SOME + ")");
        assertThat(gpu.answer(0, Bytes.NONE, reply(new GpuResponse.Err(GpuResult.ERR_INVALID_RESOURCE_ID))))
                .hasToString("ERR_INVALID_RESOURCE_ID");
        assertThat(gpu.answer(
                                0,
                                Bytes.NONE,
                                reply(new GpuResponse.OkDisplayInfo(
                                        List.of(new Display(new Rect(0, 0, 640, 480), true, 0)))))
                        .toString())
                .contains("enabled=true", "15 x {rect=");
    }

    @Test
    void whatIsOddAboutBytesIsSaid() {
        Bytes unref = request(GpuRequest.of(new GpuCommand.ResourceUnref(1)));
        byte[] padded = unref.toArray();
        padded[30] = 1;
        byte[] longer = java.util.Arrays.copyOf(unref.toArray(), 40);

        assertThat(gpu.request(0, Bytes.of(padded)).note())
                .contains("a byte that means nothing is not zero, at offset 30");
        assertThat(gpu.request(0, Bytes.of(longer)).note()).contains("8 bytes more than it has");
        assertThat(gpu.request(0, unref.part(0, 26)).toString()).startsWith("RESOURCE_UNREF /* malformed:");
        assertThat(gpu.request(0, Bytes.ofHex("ef")).toString()).startsWith("request /* malformed:");
        assertThat(gpu.request(1, unref).note()).contains("not a command of virtqueue 1; body 0100000000000000");
    }

    @Test
    void videoMessagesAreSaidByNameAndField() {
        VideoCommand objects =
                VideoCommand.ResourceCreate.singlePlane(1, QueueType.OUTPUT, 3, List.of(ResourceEntry.of(SOME)));
        VideoCommand pages = VideoCommand.ResourceCreate.singlePlane(
                1, QueueType.INPUT, 3, List.of(ResourceEntry.of(new MemEntry(0x2000, 100))));
        VideoCommand create =
                new VideoCommand.StreamCreate(1, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, 0x1002, "a\n\"tag");

        assertThat(said(objects)).contains("queue_type=OUTPUT", SOME.toString());
        assertThat(said(pages)).contains("{address=0x2000, length=100}");
        assertThat(said(create)).contains("coded_format=H264", "tag=\"a?\"tag\"");
        assertThat(video.answer(
                        0,
                        Bytes.of(VideoWire.encodeCommand(objects)),
                        Bytes.of(VideoWire.encodeResponse(
                                new VideoResponse.OkResourceQueue(7, BufferFlags.EOS | BufferFlags.ERR, 0)))))
                .hasToString("OK_RESOURCE_QUEUE(timestamp=7, flags=ERR|EOS, size=0)");
        assertThat(video.answer(
                        1,
                        Bytes.NONE,
                        Bytes.of(VideoWire.encodeEvent(new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, 4)))))
                .hasToString("DECODER_RESOLUTION_CHANGED(stream_id=4)");
    }

    @Test
    void noBytesAreTooBadToBeShown() {
        Random random = new Random(3);
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length >= 4) {
                // Of a type that exists, often.
                bytes[0] = (byte) random.nextInt(16);
                bytes[1] = (byte) (1 + random.nextInt(3) + (random.nextBoolean() ? 0x10 : 0));
                bytes[2] = 0;
                bytes[3] = 0;
            }
            Bytes message = Bytes.of(bytes);
            for (MessageDecoder decoder : List.of(gpu, video)) {
                assertThat(decoder.request(random.nextInt(3), message).toString())
                        .isNotEmpty();
                assertThat(decoder.answer(random.nextInt(3), message, message).toString())
                        .isNotEmpty();
            }
        }
    }

    @Test
    void onlyTheDevicesOwnChoicesMayDiffer() {
        assertThat(gpuDifferences(new GpuResponse.OkResourceUuid(SOME), new GpuResponse.OkResourceUuid(OTHER)))
                .isEmpty();
        assertThat(gpuDifferences(new GpuResponse.OkEdid(new byte[128]), new GpuResponse.OkEdid(new byte[] {1})))
                .isEmpty();
        assertThat(gpuDifferences(display(640, true), display(1920, true))).isEmpty();
        assertThat(gpuDifferences(display(640, true), display(640, false)))
                .singleElement()
                .asString()
                .contains("enabled=true", "enabled=false");
        assertThat(gpuDifferences(new GpuResponse.OkNodata(), new GpuResponse.Err(GpuResult.ERR_UNSPEC)))
                .containsExactly("expected OK_NODATA, got ERR_UNSPEC");
        assertThat(new AnswerComparison(DeviceKind.VIDEO)
                        .differences(
                                expected(Bytes.of(
                                        VideoWire.encodeResponse(new VideoResponse.OkQueryCapability(List.of())))),
                                Optional.of(Bytes.of(VideoWire.encodeResponse(new VideoResponse.OkQueryCapability(
                                        List.of(new FormatDesc(1, 2, 3, 4, List.of()))))))))
                .isEmpty();
    }

    @Test
    void lengthFencePaddingAndSilenceAreCompared() {
        Bytes fenced = Bytes.of(GpuWire.encodeReply(new GpuReply(GpuHeader.fence(7), new GpuResponse.OkNodata())));
        Bytes plain = reply(new GpuResponse.OkNodata());
        byte[] padded = plain.toArray();
        padded[23] = 1;
        AnswerComparison comparison = new AnswerComparison(DeviceKind.GPU);

        assertThat(comparison.differences(expected(fenced), Optional.of(plain))).isNotEmpty();
        assertThat(comparison.differences(expected(plain), Optional.of(Bytes.of(padded))))
                .singleElement()
                .asString()
                .contains("offset 23");
        assertThat(comparison.differences(
                        expected(plain), Optional.of(Bytes.of(java.util.Arrays.copyOf(plain.toArray(), 32)))))
                .isNotEmpty();
        assertThat(comparison.differences(expected(plain), Optional.empty()))
                .containsExactly("expected OK_NODATA, got no answer");
        assertThat(comparison.differences(expected(plain), Optional.of(Bytes.NONE)))
                .containsExactly("expected OK_NODATA, got a buffer given back without bytes");
        assertThat(comparison.differences(
                        new Exchange(0, Bytes.NONE, Optional.empty(), Optional.empty()), Optional.empty()))
                .isEmpty();
    }

    private List<String> gpuDifferences(GpuResponse expected, GpuResponse actual) {
        return new AnswerComparison(DeviceKind.GPU).differences(expected(reply(expected)), Optional.of(reply(actual)));
    }

    private static Exchange expected(Bytes written) {
        return new Exchange(0, Bytes.NONE, Optional.of(written), Optional.empty());
    }

    private static GpuResponse display(int width, boolean enabled) {
        return new GpuResponse.OkDisplayInfo(List.of(new Display(new Rect(0, 0, width, 480), enabled, 0)));
    }

    private String said(GpuRequest request) {
        return gpu.request(0, request(request)).toString();
    }

    private String said(VideoCommand command) {
        return video.request(0, Bytes.of(VideoWire.encodeCommand(command))).toString();
    }

    private static Bytes request(GpuRequest request) {
        return Bytes.of(GpuWire.encodeRequest(request));
    }

    private static Bytes reply(GpuResponse response) {
        return Bytes.of(GpuWire.encodeReply(new GpuReply(GpuHeader.NONE, response)));
    }
}
