package dev.crossdev.virtio.gpu;

import java.util.HashMap;
import java.util.Map;

/** The commands' numbers (virtio 1.4, GPU device, Request header; Linux virtio_gpu.h). */
public enum GpuCommandType {
    /** Zero on the wire, and here also any number that the spec does not know. */
    UNDEFINED(0),
    GET_DISPLAY_INFO(0x100),
    RESOURCE_CREATE_2D(0x101),
    RESOURCE_UNREF(0x102),
    SET_SCANOUT(0x103),
    RESOURCE_FLUSH(0x104),
    TRANSFER_TO_HOST_2D(0x105),
    RESOURCE_ATTACH_BACKING(0x106),
    RESOURCE_DETACH_BACKING(0x107),
    GET_CAPSET_INFO(0x108),
    GET_CAPSET(0x109),
    GET_EDID(0x10a),
    RESOURCE_ASSIGN_UUID(0x10b),
    RESOURCE_CREATE_BLOB(0x10c),
    SET_SCANOUT_BLOB(0x10d),
    CTX_CREATE(0x200),
    CTX_DESTROY(0x201),
    CTX_ATTACH_RESOURCE(0x202),
    CTX_DETACH_RESOURCE(0x203),
    RESOURCE_CREATE_3D(0x204),
    TRANSFER_TO_HOST_3D(0x205),
    TRANSFER_FROM_HOST_3D(0x206),
    SUBMIT_3D(0x207),
    RESOURCE_MAP_BLOB(0x208),
    RESOURCE_UNMAP_BLOB(0x209),
    UPDATE_CURSOR(0x300),
    MOVE_CURSOR(0x301);

    private static final Map<Integer, GpuCommandType> BY_NUMBER = new HashMap<>();

    static {
        for (GpuCommandType type : values()) {
            BY_NUMBER.put(type.number, type);
        }
    }

    private final int number;

    GpuCommandType(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** As in the spec, for example {@code VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID}. */
    public String wireName() {
        return this == UNDEFINED ? "VIRTIO_GPU_UNDEFINED" : "VIRTIO_GPU_CMD_" + name();
    }

    /** {@link #UNDEFINED} for a number that the spec does not know. */
    public static GpuCommandType of(int number) {
        return BY_NUMBER.getOrDefault(number, UNDEFINED);
    }
}
