package dev.crossdev.media;

/** Peak signal-to-noise ratio of 8-bit channels. */
final class Psnr {
    private Psnr() {}

    /**
     * In decibels, for blue, green and red of two tightly packed BGRA frames; infinite where they are equal.
     */
    static double[] perChannel(byte[] frame, byte[] reference) {
        if (frame.length != reference.length) {
            throw new IllegalArgumentException(frame.length + " bytes against " + reference.length);
        }
        double[] decibels = new double[3];
        for (int channel = 0; channel < 3; channel++) {
            long squares = 0;
            for (int at = channel; at < frame.length; at += 4) {
                int difference = (frame[at] & 0xff) - (reference[at] & 0xff);
                squares += (long) difference * difference;
            }
            decibels[channel] = 10 * Math.log10(255.0 * 255.0 * frame.length / 4 / squares);
        }
        return decibels;
    }
}
