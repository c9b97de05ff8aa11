package dev.crossdev.service.vhostuser;

import dev.crossdev.virtio.wire.WireWriter;
import java.util.Arrays;

/** Answers to a front end. QEMU takes none whose flags are not exactly version 1 and "reply". */
final class VhostUserReply {

    private VhostUserReply() {}

    static byte[] number(int request, long value) {
        return header(request, Long.BYTES).u64(value).toBytes();
    }

    static byte[] ring(int request, int queue, int value) {
        return header(request, Long.BYTES).u32(queue).u32(value).toBytes();
    }

    /**
     * Of the size that was asked for, zero where the configuration space has no bytes; empty when more is asked for than any
     * device has.
     */
    static byte[] config(int request, VhostUserRequest.GetConfig asked, byte[] space) {
        if (asked.payload() > 3 * Integer.BYTES + VhostUserRequest.MAX_CONFIG) {
            return header(request, 0).toBytes();
        }
        byte[] content = new byte[asked.payload() - 3 * Integer.BYTES];
        if (asked.offset() >= 0 && asked.offset() < space.length) {
            byte[] part = Arrays.copyOfRange(space, asked.offset(), space.length);
            System.arraycopy(part, 0, content, 0, Math.min(part.length, content.length));
        }
        return header(request, asked.payload())
                .u32(asked.offset())
                .u32(asked.size())
                .u32(0)
                .bytes(content)
                .toBytes();
    }

    static byte[] sharedObject(int request, VhostUserRequest.GetSharedObject asked) {
        WireWriter out = header(request, asked.payload());
        return (asked.payload() == 0 ? out : out.uuid(asked.uuid())).toBytes();
    }

    private static WireWriter header(int request, int size) {
        return VhostUserRequest.Header.begin(request, VhostUserRequest.VERSION | VhostUserRequest.REPLY, size);
    }
}
