package dev.crossdev.virtio.video;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The answers' numbers. The errors are the RFC's, the driver header's and crosvm's 0x300 to 0x305; vhost-device-video has
 * them at 0x206 and does not interoperate.
 */
public enum VideoResult {
    OK_NODATA(0x200),
    OK_QUERY_CAPABILITY(0x201),
    OK_RESOURCE_QUEUE(0x202),
    OK_GET_PARAMS(0x203),
    OK_QUERY_CONTROL(0x204),
    OK_GET_CONTROL(0x205),
    ERR_INVALID_OPERATION(0x300),
    ERR_OUT_OF_MEMORY(0x301),
    ERR_INVALID_STREAM_ID(0x302),
    ERR_INVALID_RESOURCE_ID(0x303),
    ERR_INVALID_PARAMETER(0x304),
    ERR_UNSUPPORTED_CONTROL(0x305);

    private static final Map<Integer, VideoResult> BY_NUMBER = new HashMap<>();

    static {
        for (VideoResult result : values()) {
            BY_NUMBER.put(result.number, result);
        }
    }

    private final int number;

    VideoResult(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public boolean isError() {
        return number >= 0x300;
    }

    /** As in the drivers' header, for example {@code VIRTIO_VIDEO_RESP_ERR_INVALID_STREAM_ID}. */
    public String wireName() {
        return "VIRTIO_VIDEO_RESP_" + name();
    }

    public static Optional<VideoResult> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }
}
