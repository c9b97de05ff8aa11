package dev.crossdev.virtio.capture;

import java.util.Locale;
import java.util.Optional;

/** Whose words an exchange is in. */
public enum DeviceKind {
    GPU,
    VIDEO;

    /** As a service names its devices' type: {@code gpu}, {@code video}. */
    public String typeName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<DeviceKind> of(String typeName) {
        for (DeviceKind kind : values()) {
            if (kind.typeName().equals(typeName)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    /** Which device writes an answer like this, by its result code; empty for none of them. */
    public static Optional<DeviceKind> ofAnswer(Bytes written) {
        if (written.size() < Integer.BYTES) {
            return Optional.empty();
        }
        int code = written.u32(0);
        if (code >= 0x1100 && code < 0x1300) {
            return Optional.of(GPU);
        }
        return code >= 0x200 && code < 0x400 ? Optional.of(VIDEO) : Optional.empty();
    }
}
