package dev.crossdev.virtio.gpu;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The answers' numbers (virtio 1.4, GPU device, Request header). */
public enum GpuResult {
    OK_NODATA(0x1100),
    OK_DISPLAY_INFO(0x1101),
    OK_CAPSET_INFO(0x1102),
    OK_CAPSET(0x1103),
    OK_EDID(0x1104),
    OK_RESOURCE_UUID(0x1105),
    OK_MAP_INFO(0x1106),
    ERR_UNSPEC(0x1200),
    ERR_OUT_OF_MEMORY(0x1201),
    ERR_INVALID_SCANOUT_ID(0x1202),
    ERR_INVALID_RESOURCE_ID(0x1203),
    ERR_INVALID_CONTEXT_ID(0x1204),
    ERR_INVALID_PARAMETER(0x1205);

    private static final Map<Integer, GpuResult> BY_NUMBER = new HashMap<>();

    static {
        for (GpuResult result : values()) {
            BY_NUMBER.put(result.number, result);
        }
    }

    private final int number;

    GpuResult(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public boolean isError() {
        return number >= 0x1200;
    }

    /** As in the spec, for example {@code VIRTIO_GPU_RESP_ERR_UNSPEC}. */
    public String wireName() {
        return "VIRTIO_GPU_RESP_" + name();
    }

    public static Optional<GpuResult> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }
}
