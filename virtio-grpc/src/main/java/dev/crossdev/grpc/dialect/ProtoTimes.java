package dev.crossdev.grpc.dialect;

import com.google.protobuf.Timestamp;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

/** Durations and moments as protobuf's well-known types have them. */
public final class ProtoTimes {

    private ProtoTimes() {}

    public static com.google.protobuf.Duration toProto(Duration duration) {
        return com.google.protobuf.Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }

    /** @throws ErrnoException EINVAL for what java.time cannot hold */
    public static Duration fromProto(com.google.protobuf.Duration message) {
        try {
            return Duration.ofSeconds(message.getSeconds(), message.getNanos());
        } catch (ArithmeticException e) {
            throw new ErrnoException(Errno.EINVAL, "not a duration", e);
        }
    }

    public static Timestamp toProto(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    /** @throws ErrnoException EINVAL for what java.time cannot hold */
    public static Instant fromProto(Timestamp message) {
        try {
            return Instant.ofEpochSecond(message.getSeconds(), message.getNanos());
        } catch (ArithmeticException | DateTimeException e) {
            throw new ErrnoException(Errno.EINVAL, "not a moment", e);
        }
    }
}
