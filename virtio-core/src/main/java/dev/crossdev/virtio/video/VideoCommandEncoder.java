package dev.crossdev.virtio.video;

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
import dev.crossdev.virtio.wire.WireWriter;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Commands to bytes. */
final class VideoCommandEncoder {

    private VideoCommandEncoder() {}

    /** PROFILE and LEVEL are asked for one format (crosvm protocol.rs; the RFC's text says a profile for LEVEL). */
    static boolean queryNamesAFormat(int control) {
        return control == VideoControl.PROFILE.number() || control == VideoControl.LEVEL.number();
    }

    static boolean hasValue(int control) {
        return control != VideoControl.FORCE_KEYFRAME.number();
    }

    static byte[] encode(VideoCommand command) {
        int type = command instanceof Unsupported(int _, int number)
                ? number
                : command.type().number();
        WireWriter out = new WireWriter(128).u32(type).u32(command.streamId());
        switch (command) {
            case StreamDestroy _, StreamDrain _, Unsupported _ -> {}
            case QueryCapability c -> queueAndPadding(out, c.queueType());
            case ResourceDestroyAll c -> queueAndPadding(out, c.queueType());
            case QueueClear c -> queueAndPadding(out, c.queueType());
            case GetParams c -> queueAndPadding(out, c.queueType());
            case GetParamsExt c -> queueAndPadding(out, c.queueType());
            case StreamCreate c -> {
                out.u32(c.inMemType().number()).u32(c.outMemType().number());
                out.u32(c.codedFormat()).zeros(4).bytes(tag(c.tag()));
            }
            case ResourceCreate c -> {
                out.u32(c.queueType().number()).u32(c.resourceId());
                out.u32(c.planesLayout()).u32(c.planes().size());
                VideoFields.writePerPlane(out, c.planeOffsets());
                VideoFields.writePerPlane(
                        out, c.planes().stream().map(List::size).toList());
                c.planes().forEach(plane -> plane.forEach(entry -> out.uuid(entry.asUuid())));
            }
            case ResourceQueue c -> {
                out.u32(c.queueType().number()).u32(c.resourceId()).u64(c.timestamp());
                out.u32(c.dataSizes().size());
                VideoFields.writePerPlane(out, c.dataSizes());
                out.zeros(4);
            }
            case SetParams c -> VideoFields.writeParams(out, c.params());
            case SetParamsExt c ->
                VideoFields.writeParams(out, c.params())
                        .u32(c.memType().number())
                        .zeros(4);
            case QueryControl c -> {
                out.u32(c.control()).zeros(4);
                if (queryNamesAFormat(c.control())) {
                    out.u32(c.format()).zeros(4);
                }
            }
            case GetControl c -> out.u32(c.control()).zeros(4);
            case SetControl c -> {
                out.u32(c.control()).zeros(4);
                if (hasValue(c.control())) {
                    out.u32(c.value()).zeros(4);
                }
            }
        }
        return out.toBytes();
    }

    private static void queueAndPadding(WireWriter out, QueueType queueType) {
        out.u32(queueType.number()).zeros(4);
    }

    /** As many whole characters as fit, padded with zeros. */
    private static byte[] tag(String tag) {
        ByteBuffer field = ByteBuffer.allocate(VideoLimits.TAG_BYTES);
        StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .encode(CharBuffer.wrap(tag), field, true);
        return field.array();
    }
}
