package dev.crossdev.virtio.video;

import java.util.HashMap;
import java.util.Map;

/** The commands' numbers (virtio-video RFC v3; the last two from crosvm's protocol.rs and the drivers' header). */
public enum VideoCommandType {
    /** Any number that the dialect does not know. */
    UNDEFINED(0),
    QUERY_CAPABILITY(0x100),
    STREAM_CREATE(0x101),
    STREAM_DESTROY(0x102),
    STREAM_DRAIN(0x103),
    RESOURCE_CREATE(0x104),
    RESOURCE_QUEUE(0x105),
    RESOURCE_DESTROY_ALL(0x106),
    QUEUE_CLEAR(0x107),
    GET_PARAMS(0x108),
    SET_PARAMS(0x109),
    QUERY_CONTROL(0x10a),
    GET_CONTROL(0x10b),
    SET_CONTROL(0x10c),
    GET_PARAMS_EXT(0x10d),
    SET_PARAMS_EXT(0x10e);

    private static final Map<Integer, VideoCommandType> BY_NUMBER = new HashMap<>();

    static {
        for (VideoCommandType type : values()) {
            BY_NUMBER.put(type.number, type);
        }
    }

    private final int number;

    VideoCommandType(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** As in the drivers' header, for example {@code VIRTIO_VIDEO_CMD_STREAM_CREATE}. */
    public String wireName() {
        return "VIRTIO_VIDEO_CMD_" + name();
    }

    /** {@link #UNDEFINED} for a number that the dialect does not know. */
    public static VideoCommandType of(int number) {
        return BY_NUMBER.getOrDefault(number, UNDEFINED);
    }
}
