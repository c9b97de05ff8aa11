package dev.crossdev.guest.fake;

import dev.crossdev.grpc.dialect.BootId;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a test changes of a fake service, at any time. */
public final class FakeSettings {

    private volatile long transitNanos;
    private volatile int answerTimes = 1;
    private volatile @Nullable String hostedAt;
    private volatile BootId bootId = BootId.local();

    /** Latency of commands and answers, one way. */
    public void setTransit(Duration transit) {
        transitNanos = transit.toNanos();
    }

    /** How often each command is answered. */
    public void setAnswerTimes(int times) {
        answerTimes = times;
    }

    /** Which machine the service says it is on. */
    public void setBootId(BootId machine) {
        bootId = machine;
    }

    /** Whoever opens a device is told that this instance, host:port, hosts it. */
    public void setHostedAt(String instance) {
        hostedAt = instance;
    }

    Optional<String> hostedAt() {
        return Optional.ofNullable(hostedAt);
    }

    long transitNanos() {
        return transitNanos;
    }

    int answerTimes() {
        return answerTimes;
    }

    BootId bootId() {
        return bootId;
    }
}
