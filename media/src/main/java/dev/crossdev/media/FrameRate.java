package dev.crossdev.media;

import java.math.BigInteger;
import java.util.Optional;

/**
 * Frames per second as a fraction.
 *
 * @param numerator frames, at least 1
 * @param denominator in this many seconds, at least 1
 */
public record FrameRate(int numerator, int denominator) {
    /** What FFmpeg's raw H.264 demuxer assumes when the stream carries no timing. */
    static final FrameRate ASSUMED = new FrameRate(25, 1);

    public FrameRate {
        if (numerator < 1 || denominator < 1) {
            throw new IllegalArgumentException("frame rate " + numerator + "/" + denominator);
        }
    }

    /** The rate, unless it is unset or one that only damaged timing information says (below 0.01 or above 1000). */
    static Optional<FrameRate> plausible(int numerator, int denominator) {
        if (numerator < 1 || denominator < 1) {
            return Optional.empty();
        }
        FrameRate rate = new FrameRate(numerator, denominator);
        double number = rate.framesPerSecond();
        return number < 0.01 || number > 1000 ? Optional.empty() : Optional.of(rate);
    }

    /** The rate as a number. */
    public double framesPerSecond() {
        return (double) numerator / denominator;
    }

    /** When the frame of that rank starts, in microseconds from the first one's start, rounded down. */
    public long startMicros(long rank) {
        return BigInteger.valueOf(rank)
                .multiply(BigInteger.valueOf(1_000_000L * denominator))
                .divide(BigInteger.valueOf(numerator))
                .longValueExact();
    }

    @Override
    public String toString() {
        return denominator == 1 ? Integer.toString(numerator) : numerator + "/" + denominator;
    }
}
