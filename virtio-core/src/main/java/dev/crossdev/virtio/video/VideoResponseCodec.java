package dev.crossdev.virtio.video;

import dev.crossdev.virtio.video.FormatDesc.FormatFrame;
import dev.crossdev.virtio.video.FormatDesc.FormatRange;
import dev.crossdev.virtio.video.VideoResponse.Err;
import dev.crossdev.virtio.video.VideoResponse.OkGetControl;
import dev.crossdev.virtio.video.VideoResponse.OkGetParams;
import dev.crossdev.virtio.video.VideoResponse.OkGetParamsExt;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkQueryCapability;
import dev.crossdev.virtio.video.VideoResponse.OkQueryControl;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Answers and their bytes. */
final class VideoResponseCodec {

    private static final int RANGE_BYTES = 16;
    private static final int FRAME_BYTES = 40;

    private VideoResponseCodec() {}

    static byte[] encode(VideoResponse response) {
        WireWriter out = new WireWriter(128).u32(response.result().number()).zeros(4);
        switch (response) {
            case OkNodata _, Err _ -> {}
            case OkQueryCapability(List<FormatDesc> formats) -> {
                out.u32(formats.size()).zeros(4);
                formats.forEach(format -> writeFormat(out, format));
            }
            case OkResourceQueue queue ->
                out.u64(queue.timestamp()).u32(queue.flags()).u32(queue.size());
            case OkGetParams(VideoParams params) -> VideoFields.writeParams(out, params);
            case OkGetParamsExt(VideoParams params, MemType memType) ->
                VideoFields.writeParams(out, params).u32(memType.number()).zeros(4);
            case OkQueryControl(List<Integer> values) -> {
                out.u32(values.size()).zeros(4);
                values.forEach(out::u32);
            }
            case OkGetControl(int value) -> out.u32(value).zeros(4);
        }
        return out.toBytes();
    }

    private static void writeFormat(WireWriter out, FormatDesc format) {
        out.u64(format.mask()).u32(format.format()).u32(format.planesLayouts());
        out.u32(format.planeAlign()).u32(format.frames().size());
        for (FormatFrame frame : format.frames()) {
            writeRange(out, frame.width());
            writeRange(out, frame.height());
            out.u32(frame.frameRates().size()).zeros(4);
            frame.frameRates().forEach(rate -> writeRange(out, rate));
        }
    }

    private static void writeRange(WireWriter out, FormatRange range) {
        out.u32(range.min()).u32(range.max()).u32(range.step()).zeros(4);
    }

    static VideoResponse decode(MemorySegment written, VideoCommand command) throws MalformedMessageException {
        WireReader in = new WireReader(written);
        int type = in.u32();
        in.skip(4);
        VideoResult result = VideoResult.of(type)
                .orElseThrow(() -> new MalformedMessageException("answer of type 0x" + Integer.toHexString(type)));
        return switch (result) {
            case OK_NODATA -> new OkNodata();
            case OK_QUERY_CAPABILITY -> capability(in);
            case OK_RESOURCE_QUEUE -> new OkResourceQueue(in.u64(), in.u32(), in.u32());
            case OK_GET_PARAMS -> params(in, command);
            case OK_QUERY_CONTROL -> queryControl(in);
            case OK_GET_CONTROL -> {
                OkGetControl control = new OkGetControl(in.u32());
                in.skip(4);
                yield control;
            }
            default -> new Err(result);
        };
    }

    private static VideoResponse params(WireReader in, VideoCommand command) throws MalformedMessageException {
        VideoParams params = VideoFields.readParams(in);
        if (!(command instanceof VideoCommand.GetParamsExt)) {
            return new OkGetParams(params);
        }
        MemType memType = VideoFields.readMemType(in);
        in.skip(4);
        return new OkGetParamsExt(params, memType);
    }

    private static VideoResponse capability(WireReader in) throws MalformedMessageException {
        int count = in.u32();
        in.skip(4);
        if (Integer.compareUnsigned(count, VideoLimits.MAX_FORMATS) > 0) {
            throw new MalformedMessageException(Integer.toUnsignedString(count) + " formats");
        }
        List<FormatDesc> formats = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            formats.add(readFormat(in));
        }
        return new OkQueryCapability(formats);
    }

    private static FormatDesc readFormat(WireReader in) throws MalformedMessageException {
        long mask = in.u64();
        int format = in.u32();
        int planesLayouts = in.u32();
        int planeAlign = in.u32();
        int frameCount = count(in, FRAME_BYTES);
        List<FormatFrame> frames = new ArrayList<>(frameCount);
        for (int i = 0; i < frameCount; i++) {
            frames.add(readFrame(in));
        }
        return new FormatDesc(mask, format, planesLayouts, planeAlign, frames);
    }

    private static FormatFrame readFrame(WireReader in) throws MalformedMessageException {
        FormatRange width = readRange(in);
        FormatRange height = readRange(in);
        int announced = in.u32();
        in.skip(4);
        int rateCount = checkCount(in, announced, RANGE_BYTES);
        List<FormatRange> rates = new ArrayList<>(rateCount);
        for (int i = 0; i < rateCount; i++) {
            rates.add(readRange(in));
        }
        return new FormatFrame(width, height, rates);
    }

    private static FormatRange readRange(WireReader in) throws MalformedMessageException {
        FormatRange range = new FormatRange(in.u32(), in.u32(), in.u32());
        in.skip(4);
        return range;
    }

    private static VideoResponse queryControl(WireReader in) throws MalformedMessageException {
        int announced = in.u32();
        in.skip(4);
        int count = checkCount(in, announced, Integer.BYTES);
        List<Integer> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(in.u32());
        }
        return new OkQueryControl(values);
    }

    private static int count(WireReader in, int elementBytes) throws MalformedMessageException {
        return checkCount(in, in.u32(), elementBytes);
    }

    /** Asked before anything is allocated: the number is the device's and may be four billion. */
    private static int checkCount(WireReader in, int announced, int elementBytes) throws MalformedMessageException {
        if (in.remaining() / elementBytes < Integer.toUnsignedLong(announced)) {
            throw new MalformedMessageException(
                    Integer.toUnsignedString(announced) + " elements in " + in.remaining() + " bytes");
        }
        return announced;
    }
}
