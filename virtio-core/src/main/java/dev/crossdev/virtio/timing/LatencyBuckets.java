package dev.crossdev.virtio.timing;

import java.time.Duration;
import java.util.stream.LongStream;

/**
 * The upper bounds of every latency histogram, so that what the guest measured and what the services measured can be laid
 * over each other: 1, 2.5, 5 and so on from 50 µs, which is less than any way over a socket, to 1 s.
 */
public final class LatencyBuckets {

    private static final long[] NANOS = LongStream.of(
                    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
                    1_000_000)
            .map(micros -> micros * 1_000)
            .toArray();

    private LatencyBuckets() {}

    /** Nanoseconds, ascending; a copy. */
    public static double[] nanos() {
        return LongStream.of(NANOS).asDoubleStream().toArray();
    }

    /** Ascending; a copy. */
    public static Duration[] durations() {
        return LongStream.of(NANOS).mapToObj(Duration::ofNanos).toArray(Duration[]::new);
    }
}
