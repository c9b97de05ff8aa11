package dev.crossdev.virtio.timing;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * A time that is added: always the same, or drawn anew for each message.
 *
 * <p>In text {@code 2ms}, {@code 500us}, {@code uniform:1ms..3ms}, {@code exponential:2ms}; {@link #toString()} gives
 * what {@link #parse} takes.
 */
public sealed interface Latency {

    Latency ZERO = new Fixed(Duration.ZERO);

    /** Draws a time. {@code random} is used only when there is chance in it. */
    long sampleNanos(RandomGenerator random);

    /** Nothing is ever added. */
    boolean isZero();

    /** The mean, for people. */
    Duration mean();

    static Latency fixed(Duration time) {
        return new Fixed(time);
    }

    /** @throws IllegalArgumentException with a message for people, when the text is none of the forms above */
    static Latency parse(String text) {
        return LatencyText.parse(text);
    }

    record Fixed(Duration time) implements Latency {
        public Fixed {
            LatencyText.requireSane(time);
        }

        @Override
        public long sampleNanos(RandomGenerator random) {
            return time.toNanos();
        }

        @Override
        public boolean isZero() {
            return time.isZero();
        }

        @Override
        public Duration mean() {
            return time;
        }

        @Override
        public String toString() {
            return LatencyText.print(time);
        }
    }

    /** Every time from min to max equally often. */
    record Uniform(Duration min, Duration max) implements Latency {
        public Uniform {
            LatencyText.requireSane(min);
            LatencyText.requireSane(max);
            if (min.compareTo(max) > 0) {
                throw new IllegalArgumentException("uniform latency from " + min + " down to " + max);
            }
        }

        @Override
        public long sampleNanos(RandomGenerator random) {
            return random.nextLong(min.toNanos(), max.toNanos() + 1);
        }

        @Override
        public boolean isZero() {
            return max.isZero();
        }

        @Override
        public Duration mean() {
            return min.plus(max).dividedBy(2);
        }

        @Override
        public String toString() {
            return "uniform:" + LatencyText.print(min) + ".." + LatencyText.print(max);
        }
    }

    /** Mostly short, sometimes long; cut off at {@link #CUTOFF} means so that one draw cannot hold up a run. */
    record Exponential(Duration mean) implements Latency {

        public static final int CUTOFF = 20;

        public Exponential {
            LatencyText.requireSane(mean);
        }

        @Override
        public long sampleNanos(RandomGenerator random) {
            return (long) (mean.toNanos() * Math.min(random.nextExponential(), CUTOFF));
        }

        @Override
        public boolean isZero() {
            return mean.isZero();
        }

        @Override
        public String toString() {
            return "exponential:" + LatencyText.print(mean);
        }
    }
}
