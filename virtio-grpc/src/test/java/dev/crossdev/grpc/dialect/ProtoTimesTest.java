package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ProtoTimesTest {

    @Test
    void durationsAndMomentsGoBothWaysToTheNanosecond() {
        for (Duration duration :
                new Duration[] {Duration.ZERO, Duration.ofNanos(1), Duration.ofNanos(-1_500_000_001)}) {
            assertThat(ProtoTimes.fromProto(ProtoTimes.toProto(duration))).isEqualTo(duration);
        }
        Instant moment = Instant.parse("2026-01-02T03:04:05.678901234Z");
        assertThat(ProtoTimes.fromProto(ProtoTimes.toProto(moment))).isEqualTo(moment);
    }

    @Test
    void whatJavaCannotHoldIsInvalid() {
        assertInvalid(() -> ProtoTimes.fromProto(com.google.protobuf.Duration.newBuilder()
                .setSeconds(Long.MAX_VALUE)
                .setNanos(Integer.MAX_VALUE)
                .build()));
        assertInvalid(() -> ProtoTimes.fromProto(
                Timestamp.newBuilder().setSeconds(Long.MAX_VALUE).build()));
    }

    private static void assertInvalid(ThrowingCallable conversion) {
        assertThatThrownBy(conversion)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }
}
