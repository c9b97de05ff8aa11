package dev.crossdev.media;

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

    /** The rate as a number. */
    public double framesPerSecond() {
        return (double) numerator / denominator;
    }

    /** When the frame of that rank starts, in microseconds from the first one's start, rounded down. */
    public long startMicros(long rank) {
        return Math.multiplyExact(Math.multiplyExact(rank, 1_000_000L), denominator) / numerator;
    }

    @Override
    public String toString() {
        return denominator == 1 ? Integer.toString(numerator) : numerator + "/" + denominator;
    }
}
