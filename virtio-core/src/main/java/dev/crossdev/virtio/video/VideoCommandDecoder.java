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
import dev.crossdev.virtio.video.VideoWire.Decoded;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Bytes to commands. */
final class VideoCommandDecoder {

    private static final int ENTRY_BYTES = 16;

    private VideoCommandDecoder() {}

    static Decoded decode(MemorySegment readable) {
        WireReader in = new WireReader(readable);
        int streamId = 0;
        try {
            int type = in.u32();
            streamId = in.u32();
            return new Decoded.Command(command(type, streamId, in));
        } catch (InvalidFieldException invalid) {
            return malformed(streamId, VideoResult.ERR_INVALID_PARAMETER, invalid);
        } catch (MalformedMessageException cutOff) {
            return malformed(streamId, VideoResult.ERR_INVALID_OPERATION, cutOff);
        }
    }

    private static Decoded malformed(int streamId, VideoResult answer, MalformedMessageException reason) {
        return new Decoded.Malformed(streamId, answer, String.valueOf(reason.getMessage()));
    }

    private static VideoCommand command(int type, int streamId, WireReader in) throws MalformedMessageException {
        return switch (VideoCommandType.of(type)) {
            case QUERY_CAPABILITY -> new QueryCapability(VideoFields.readQueueTypeAndPadding(in));
            case STREAM_CREATE -> streamCreate(streamId, in);
            case STREAM_DESTROY -> new StreamDestroy(streamId);
            case STREAM_DRAIN -> new StreamDrain(streamId);
            case RESOURCE_CREATE -> resourceCreate(streamId, in);
            case RESOURCE_QUEUE -> resourceQueue(streamId, in);
            case RESOURCE_DESTROY_ALL -> new ResourceDestroyAll(streamId, VideoFields.readQueueTypeAndPadding(in));
            case QUEUE_CLEAR -> new QueueClear(streamId, VideoFields.readQueueTypeAndPadding(in));
            case GET_PARAMS -> new GetParams(streamId, VideoFields.readQueueTypeAndPadding(in));
            case SET_PARAMS -> new SetParams(streamId, VideoFields.readParams(in));
            case QUERY_CONTROL -> queryControl(streamId, in);
            case GET_CONTROL -> new GetControl(streamId, controlAndPadding(in));
            case SET_CONTROL -> setControl(streamId, in);
            case GET_PARAMS_EXT -> new GetParamsExt(streamId, VideoFields.readQueueTypeAndPadding(in));
            case SET_PARAMS_EXT -> setParamsExt(streamId, in);
            case UNDEFINED -> new Unsupported(streamId, type);
        };
    }

    private static VideoCommand streamCreate(int streamId, WireReader in) throws MalformedMessageException {
        MemType inMemType = VideoFields.readMemType(in);
        MemType outMemType = VideoFields.readMemType(in);
        int codedFormat = in.u32();
        byte[] tag = in.skip(4).bytes(VideoLimits.TAG_BYTES);
        int length = 0;
        while (length < tag.length && tag[length] != 0) {
            length++;
        }
        // Bytes that are no UTF-8 become replacement characters: the tag is for people only.
        return new StreamCreate(
                streamId, inMemType, outMemType, codedFormat, new String(tag, 0, length, StandardCharsets.UTF_8));
    }

    private static VideoCommand resourceCreate(int streamId, WireReader in) throws MalformedMessageException {
        QueueType queueType = VideoFields.readQueueType(in);
        int resourceId = in.u32();
        int planesLayout = in.u32();
        int planeCount = VideoFields.readPlaneCount(in);
        List<Integer> planeOffsets = VideoFields.readPerPlane(in, planeCount);
        List<Integer> entryCounts = VideoFields.readPerPlane(in, planeCount);
        List<List<ResourceEntry>> planes = new ArrayList<>(planeCount);
        for (int count : entryCounts) {
            planes.add(entries(in, count));
        }
        return new ResourceCreate(streamId, queueType, resourceId, planesLayout, planeOffsets, planes);
    }

    private static List<ResourceEntry> entries(WireReader in, int count) throws MalformedMessageException {
        // Asked before anything is allocated: the number is the driver's and may be four billion.
        if (in.remaining() < Integer.toUnsignedLong(count) * ENTRY_BYTES) {
            throw new MalformedMessageException(
                    Integer.toUnsignedString(count) + " entries in " + in.remaining() + " bytes");
        }
        List<ResourceEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ByteBuffer raw = ByteBuffer.wrap(in.bytes(ENTRY_BYTES)).order(ByteOrder.BIG_ENDIAN);
            entries.add(new ResourceEntry(raw.getLong(), raw.getLong()));
        }
        return entries;
    }

    private static VideoCommand resourceQueue(int streamId, WireReader in) throws MalformedMessageException {
        QueueType queueType = VideoFields.readQueueType(in);
        int resourceId = in.u32();
        long timestamp = in.u64();
        int sizes = VideoFields.readPlaneCount(in);
        List<Integer> dataSizes = VideoFields.readPerPlane(in, sizes);
        in.skip(4);
        return new ResourceQueue(streamId, queueType, resourceId, timestamp, dataSizes);
    }

    private static VideoCommand queryControl(int streamId, WireReader in) throws MalformedMessageException {
        int control = controlAndPadding(in);
        if (!VideoCommandEncoder.queryNamesAFormat(control)) {
            return new QueryControl(streamId, control, 0);
        }
        int format = in.u32();
        in.skip(4);
        return new QueryControl(streamId, control, format);
    }

    private static VideoCommand setControl(int streamId, WireReader in) throws MalformedMessageException {
        int control = controlAndPadding(in);
        if (!VideoCommandEncoder.hasValue(control)) {
            return new SetControl(streamId, control, 0);
        }
        int value = in.u32();
        in.skip(4);
        return new SetControl(streamId, control, value);
    }

    private static VideoCommand setParamsExt(int streamId, WireReader in) throws MalformedMessageException {
        VideoParams params = VideoFields.readParams(in);
        MemType memType = VideoFields.readMemType(in);
        in.skip(4);
        return new SetParamsExt(streamId, params, memType);
    }

    private static int controlAndPadding(WireReader in) throws MalformedMessageException {
        int control = in.u32();
        in.skip(4);
        return control;
    }
}
