package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.device.v1.Uuid;
import java.nio.ByteBuffer;
import java.util.UUID;

/** UUIDs as 16 raw bytes in the order of RFC 4122, which is also their order on a virtio device's wire. */
public final class Uuids {

    public static final int BYTES = 16;
    private static final int TEXT_LENGTH = 36;

    private Uuids() {}

    public static ByteString toBytes(UUID uuid) {
        return ByteString.copyFrom(ByteBuffer.allocate(BYTES)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .flip());
    }

    /** @throws ErrnoException EINVAL when there are not 16 bytes */
    public static UUID fromBytes(ByteString bytes) {
        if (bytes.size() != BYTES) {
            throw new ErrnoException(Errno.EINVAL, "a UUID has 16 bytes, not " + bytes.size());
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /** With the text beside the bytes, for the people who read it. */
    public static Uuid toProto(UUID uuid) {
        return Uuid.newBuilder()
                .setValue(toBytes(uuid))
                .setText(uuid.toString())
                .build();
    }

    /** Only the bytes, for machines. */
    public static Uuid toBareProto(UUID uuid) {
        return Uuid.newBuilder().setValue(toBytes(uuid)).build();
    }

    /**
     * The bytes, or without them the text.
     *
     * @throws ErrnoException EINVAL for another number of bytes, for text that is not canonical, and for neither
     */
    public static UUID fromProto(Uuid uuid) {
        return uuid.getValue().isEmpty() ? fromText(uuid.getText()) : fromBytes(uuid.getValue());
    }

    /** @throws ErrnoException EINVAL for anything but the 36 characters of the canonical form */
    public static UUID fromText(String text) {
        if (text.length() == TEXT_LENGTH) {
            try {
                UUID uuid = UUID.fromString(text);
                // It also takes groups of other lengths, which nobody means.
                if (uuid.toString().equalsIgnoreCase(text)) {
                    return uuid;
                }
            } catch (IllegalArgumentException e) {
                throw new ErrnoException(Errno.EINVAL, "not a UUID: " + text, e);
            }
        }
        throw new ErrnoException(Errno.EINVAL, text.isEmpty() ? "no UUID given" : "not a UUID");
    }
}
