package dev.crossdev.virtio.video;

import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.nio.charset.StandardCharsets;

/**
 * A video device's configuration space (44 bytes: the RFC's three fields and the name that the drivers' header adds).
 *
 * @param version 0
 * @param maxCapsLength most bytes of an answer to QUERY_CAPABILITY
 * @param maxRespLength most bytes of any other answer
 * @param deviceName ASCII, at most 31 characters
 */
public record VideoConfig(int version, int maxCapsLength, int maxRespLength, String deviceName) {

    public static final int SIZE = 44;
    private static final int NAME_BYTES = 32;

    public VideoConfig {
        if (deviceName.length() >= NAME_BYTES
                || !StandardCharsets.US_ASCII.newEncoder().canEncode(deviceName)) {
            throw new IllegalArgumentException("device name '" + deviceName + "'");
        }
    }

    public byte[] toBytes() {
        byte[] name = deviceName.getBytes(StandardCharsets.US_ASCII);
        return new WireWriter(SIZE)
                .u32(version)
                .u32(maxCapsLength)
                .u32(maxRespLength)
                .bytes(name)
                .zeros(NAME_BYTES - name.length)
                .toBytes();
    }

    /** Reads the RFC's twelve bytes too, the name being empty then. */
    public static VideoConfig of(byte[] bytes) throws MalformedMessageException {
        WireReader in = new WireReader(bytes);
        int version = in.u32();
        int maxCapsLength = in.u32();
        int maxRespLength = in.u32();
        StringBuilder name = new StringBuilder();
        while (in.remaining() > 0 && name.length() < NAME_BYTES - 1) {
            int next = in.u8();
            if (next == 0) {
                break;
            }
            name.append(next < 0x80 ? (char) next : '?');
        }
        return new VideoConfig(version, maxCapsLength, maxRespLength, name.toString());
    }
}
