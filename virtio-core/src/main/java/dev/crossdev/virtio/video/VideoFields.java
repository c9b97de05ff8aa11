package dev.crossdev.virtio.video;

import dev.crossdev.virtio.video.VideoParams.Crop;
import dev.crossdev.virtio.video.VideoParams.PlaneFormat;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** Fields that several messages have, in the order of the drivers' virtio_video.h. */
final class VideoFields {

    private static final int PLANE_FORMAT_BYTES = 8;

    private VideoFields() {}

    static QueueType readQueueType(WireReader in) throws MalformedMessageException {
        int number = in.u32();
        return QueueType.of(number).orElseThrow(() -> new InvalidFieldException("queue type", number));
    }

    static QueueType readQueueTypeAndPadding(WireReader in) throws MalformedMessageException {
        QueueType type = readQueueType(in);
        in.skip(4);
        return type;
    }

    static MemType readMemType(WireReader in) throws MalformedMessageException {
        int number = in.u32();
        return MemType.of(number).orElseThrow(() -> new InvalidFieldException("memory type", number));
    }

    /** A count of planes, which every per-plane array is long enough for. */
    static int readPlaneCount(WireReader in) throws MalformedMessageException {
        int count = in.u32();
        if (Integer.compareUnsigned(count, VideoLimits.MAX_PLANES) > 0) {
            throw new InvalidFieldException("number of planes", count);
        }
        return count;
    }

    /** The array has {@link VideoLimits#MAX_PLANES} elements on the wire, of which the first {@code count} mean something. */
    static List<Integer> readPerPlane(WireReader in, int count) throws MalformedMessageException {
        List<Integer> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(in.u32());
        }
        in.skip((VideoLimits.MAX_PLANES - count) * Integer.BYTES);
        return values;
    }

    static void writePerPlane(WireWriter out, List<Integer> values) {
        values.forEach(out::u32);
        out.zeros((VideoLimits.MAX_PLANES - values.size()) * Integer.BYTES);
    }

    static VideoParams readParams(WireReader in) throws MalformedMessageException {
        QueueType queueType = readQueueType(in);
        int format = in.u32();
        int width = in.u32();
        int height = in.u32();
        int minBuffers = in.u32();
        int maxBuffers = in.u32();
        Crop crop = new Crop(in.u32(), in.u32(), in.u32(), in.u32());
        int frameRate = in.u32();
        int planeCount = readPlaneCount(in);
        List<PlaneFormat> planes = new ArrayList<>(planeCount);
        for (int i = 0; i < planeCount; i++) {
            planes.add(new PlaneFormat(in.u32(), in.u32()));
        }
        in.skip((VideoLimits.MAX_PLANES - planeCount) * PLANE_FORMAT_BYTES);
        return new VideoParams(queueType, format, width, height, minBuffers, maxBuffers, crop, frameRate, planes);
    }

    static WireWriter writeParams(WireWriter out, VideoParams params) {
        out.u32(params.queueType().number()).u32(params.format());
        out.u32(params.frameWidth()).u32(params.frameHeight());
        out.u32(params.minBuffers()).u32(params.maxBuffers());
        Crop crop = params.crop();
        out.u32(crop.left()).u32(crop.top()).u32(crop.width()).u32(crop.height());
        out.u32(params.frameRate()).u32(params.planes().size());
        for (PlaneFormat plane : params.planes()) {
            out.u32(plane.planeSize()).u32(plane.stride());
        }
        return out.zeros((VideoLimits.MAX_PLANES - params.planes().size()) * PLANE_FORMAT_BYTES);
    }
}
