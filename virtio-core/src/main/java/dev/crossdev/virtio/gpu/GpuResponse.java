package dev.crossdev.virtio.gpu;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/** What a GPU device can answer (virtio 1.4, GPU device, controlq). */
public sealed interface GpuResponse {

    GpuResult result();

    default boolean isError() {
        return result().isError();
    }

    record OkNodata() implements GpuResponse {
        @Override
        public GpuResult result() {
            return GpuResult.OK_NODATA;
        }
    }

    /** @param displays scanouts from 0 on; those not listed are absent, more than sixteen do not exist */
    record OkDisplayInfo(List<Display> displays) implements GpuResponse {
        public OkDisplayInfo {
            displays = List.copyOf(displays);
            if (displays.size() > GpuLimits.MAX_SCANOUTS) {
                throw new IllegalArgumentException(displays.size() + " displays");
            }
        }

        @Override
        public GpuResult result() {
            return GpuResult.OK_DISPLAY_INFO;
        }
    }

    record OkCapsetInfo(int capsetId, int maxVersion, int maxSize) implements GpuResponse {
        @Override
        public GpuResult result() {
            return GpuResult.OK_CAPSET_INFO;
        }
    }

    /** @param data the capability set, in the renderer's own format */
    record OkCapset(byte[] data) implements GpuResponse {
        public OkCapset {
            data = data.clone();
        }

        @Override
        public byte[] data() {
            return data.clone();
        }

        @Override
        public GpuResult result() {
            return GpuResult.OK_CAPSET;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof OkCapset(byte[] theirs) && Arrays.equals(data, theirs);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(data);
        }

        @Override
        public String toString() {
            return "OkCapset[" + HexFormat.of().formatHex(data) + "]";
        }
    }

    /** @param edid the EDID block, at most {@link GpuLimits#EDID_BYTES} bytes (one without extensions has 128) */
    record OkEdid(byte[] edid) implements GpuResponse {
        public OkEdid {
            if (edid.length > GpuLimits.EDID_BYTES) {
                throw new IllegalArgumentException("EDID of " + edid.length + " bytes");
            }
            edid = edid.clone();
        }

        @Override
        public byte[] edid() {
            return edid.clone();
        }

        @Override
        public GpuResult result() {
            return GpuResult.OK_EDID;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof OkEdid(byte[] theirs) && Arrays.equals(edid, theirs);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(edid);
        }

        @Override
        public String toString() {
            return "OkEdid[" + HexFormat.of().formatHex(edid) + "]";
        }
    }

    /** @param uuid sixteen raw bytes on the wire, in the order of RFC 4122 (Linux virtgpu_vq.c copies them as they are) */
    record OkResourceUuid(UUID uuid) implements GpuResponse {
        @Override
        public GpuResult result() {
            return GpuResult.OK_RESOURCE_UUID;
        }
    }

    record OkMapInfo(int mapInfo) implements GpuResponse {
        @Override
        public GpuResult result() {
            return GpuResult.OK_MAP_INFO;
        }
    }

    /** The bare header with an error code. */
    record Err(GpuResult code) implements GpuResponse {
        public Err {
            if (!code.isError()) {
                throw new IllegalArgumentException(code + " is no error");
            }
        }

        @Override
        public GpuResult result() {
            return code;
        }
    }
}
