package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.gpu.GpuResponse.Err;
import dev.crossdev.virtio.gpu.GpuResponse.OkCapset;
import dev.crossdev.virtio.gpu.GpuResponse.OkCapsetInfo;
import dev.crossdev.virtio.gpu.GpuResponse.OkDisplayInfo;
import dev.crossdev.virtio.gpu.GpuResponse.OkEdid;
import dev.crossdev.virtio.gpu.GpuResponse.OkMapInfo;
import dev.crossdev.virtio.gpu.GpuResponse.OkNodata;
import dev.crossdev.virtio.gpu.GpuResponse.OkResourceUuid;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Answers and their bytes; the fields stand in the order of Linux virtio_gpu.h. */
final class GpuReplyCodec {

    static final int DISPLAY_INFO_BYTES = 408;
    static final int EDID_BYTES = 1056;
    static final int CAPSET_INFO_BYTES = 40;
    static final int UUID_BYTES = 40;

    private GpuReplyCodec() {}

    static byte[] encode(GpuReply reply) {
        GpuResponse response = reply.response();
        WireWriter out = GpuRequestCodec.writeHeader(
                new WireWriter(40), response.result().number(), reply.header());
        switch (response) {
            case OkNodata _, Err _ -> {}
            case OkDisplayInfo(List<Display> displays) -> {
                for (int i = 0; i < GpuLimits.MAX_SCANOUTS; i++) {
                    Display display = i < displays.size() ? displays.get(i) : Display.ABSENT;
                    GpuRequestCodec.writeRect(out, display.rect());
                    out.u32(display.enabled() ? 1 : 0).u32(display.flags());
                }
            }
            case OkCapsetInfo info ->
                out.u32(info.capsetId())
                        .u32(info.maxVersion())
                        .u32(info.maxSize())
                        .zeros(4);
            case OkCapset capset -> out.bytes(capset.data());
            case OkEdid answer -> {
                byte[] edid = answer.edid();
                out.u32(edid.length).zeros(4).bytes(edid).zeros(GpuLimits.EDID_BYTES - edid.length);
            }
            case OkResourceUuid answer -> out.uuid(answer.uuid());
            case OkMapInfo(int mapInfo) -> out.u32(mapInfo).zeros(4);
        }
        return out.toBytes();
    }

    static GpuReply decode(MemorySegment written) throws MalformedMessageException {
        WireReader in = new WireReader(written);
        int type = in.u32();
        GpuHeader header = GpuRequestCodec.readHeader(in);
        GpuResult result = GpuResult.of(type)
                .orElseThrow(() -> new MalformedMessageException("answer of type 0x" + Integer.toHexString(type)));
        return new GpuReply(header, response(result, in));
    }

    private static GpuResponse response(GpuResult result, WireReader in) throws MalformedMessageException {
        return switch (result) {
            case OK_NODATA -> new OkNodata();
            case OK_DISPLAY_INFO -> displayInfo(in);
            case OK_CAPSET_INFO -> {
                OkCapsetInfo info = new OkCapsetInfo(in.u32(), in.u32(), in.u32());
                in.skip(4);
                yield info;
            }
            case OK_CAPSET -> new OkCapset(in.bytes(Math.toIntExact(in.remaining())));
            case OK_EDID -> edid(in);
            case OK_RESOURCE_UUID -> new OkResourceUuid(in.uuid());
            case OK_MAP_INFO -> {
                OkMapInfo info = new OkMapInfo(in.u32());
                in.skip(4);
                yield info;
            }
            default -> new Err(result);
        };
    }

    private static GpuResponse displayInfo(WireReader in) throws MalformedMessageException {
        List<Display> displays = new ArrayList<>(GpuLimits.MAX_SCANOUTS);
        for (int i = 0; i < GpuLimits.MAX_SCANOUTS; i++) {
            displays.add(new Display(GpuRequestCodec.readRect(in), in.u32() != 0, in.u32()));
        }
        return new OkDisplayInfo(displays);
    }

    private static GpuResponse edid(WireReader in) throws MalformedMessageException {
        int size = in.u32();
        if (Integer.compareUnsigned(size, GpuLimits.EDID_BYTES) > 0) {
            throw new MalformedMessageException("EDID of " + Integer.toUnsignedString(size) + " bytes");
        }
        byte[] edid = in.skip(4).bytes(size);
        in.skip(GpuLimits.EDID_BYTES - size);
        return new OkEdid(edid);
    }
}
