package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which run of which machine: two processes with the same one share a monotonic clock and may share memory. It is the
 * kernel's {@code /proc/sys/kernel/random/boot_id}.
 *
 * @param bytes 16, in the order of RFC 4122
 */
public record BootId(ByteString bytes) {

    /** What a peer that does not say has: it is the same machine as nobody's. */
    public static final BootId UNKNOWN = new BootId(ByteString.copyFrom(new byte[Uuids.BYTES]));

    private static final Path KERNEL = Path.of("/proc/sys/kernel/random/boot_id");

    public BootId {
        if (bytes.size() != Uuids.BYTES) {
            throw new ErrnoException(Errno.EINVAL, "a boot id has 16 bytes, not " + bytes.size());
        }
    }

    private static final class Local {
        static final BootId ID = read(KERNEL);
    }

    /** This machine's; {@link #UNKNOWN} where the kernel does not tell. */
    public static BootId local() {
        return Local.ID;
    }

    static BootId read(Path file) {
        try {
            return new BootId(
                    Uuids.toBytes(UUID.fromString(Files.readString(file).strip())));
        } catch (IOException | IllegalArgumentException e) {
            // Without a boot id nothing is shared, and everything still works.
            return UNKNOWN;
        }
    }

    /** As a peer sent it; {@link #UNKNOWN} when it is no boot id. */
    public static BootId of(ByteString bytes) {
        return bytes.size() == Uuids.BYTES ? new BootId(bytes) : UNKNOWN;
    }

    /** Whether both are known and name the same machine. */
    public boolean isSameMachine(BootId other) {
        return equals(other) && !equals(UNKNOWN);
    }

    @Override
    public String toString() {
        return Uuids.fromBytes(bytes).toString();
    }
}
