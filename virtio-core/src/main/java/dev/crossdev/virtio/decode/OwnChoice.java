package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.video.VideoResult;
import dev.crossdev.virtio.video.VideoWire;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of an answer in which two devices that both do right may differ. This is the whole list:
 *
 * <ul>
 *   <li>gpu, OK_RESOURCE_UUID: the UUID;
 *   <li>gpu, OK_EDID: the EDID and its size;
 *   <li>gpu, OK_DISPLAY_INFO: the rectangle of each display;
 *   <li>video, OK_QUERY_CAPABILITY: the formats, and with them the answer's length.
 * </ul>
 */
public final class OwnChoice {

    private static final int UUID_BYTES = 16;
    private static final int DISPLAY_BYTES = 24;
    private static final int RECT_BYTES = 16;

    private OwnChoice() {}

    /**
     * A range of bytes.
     *
     * @param from offset of the first
     * @param to offset behind the last
     */
    record Range(int from, int to) {}

    /** Whether the byte at this offset of an answer with this result code is the device's own choice. */
    static boolean isAt(DeviceKind kind, int code, int offset) {
        for (Range range : ranges(kind, code)) {
            if (offset >= range.from() && offset < range.to()) {
                return true;
            }
        }
        return false;
    }

    /** Whether the length of an answer with this result code is the device's own choice. */
    static boolean isLength(DeviceKind kind, int code) {
        return kind == DeviceKind.VIDEO && code == VideoResult.OK_QUERY_CAPABILITY.number();
    }

    private static List<Range> ranges(DeviceKind kind, int code) {
        if (kind == DeviceKind.VIDEO) {
            return isLength(kind, code) ? List.of(new Range(VideoWire.HEADER_BYTES, Integer.MAX_VALUE)) : List.of();
        }
        int body = GpuWire.HEADER_BYTES;
        return switch (GpuResult.of(code).orElse(GpuResult.OK_NODATA)) {
            case OK_RESOURCE_UUID -> List.of(new Range(body, body + UUID_BYTES));
            case OK_EDID -> List.of(new Range(body, body + 4), new Range(body + 8, body + 8 + GpuLimits.EDID_BYTES));
            case OK_DISPLAY_INFO -> {
                List<Range> rects = new ArrayList<>();
                for (int i = 0; i < GpuLimits.MAX_SCANOUTS; i++) {
                    int from = body + i * DISPLAY_BYTES;
                    rects.add(new Range(from, from + RECT_BYTES));
                }
                yield rects;
            }
            default -> List.of();
        };
    }
}
