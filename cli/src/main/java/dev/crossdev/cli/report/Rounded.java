package dev.crossdev.cli.report;

/** Numbers as they stand in report.json: nothing below a nanosecond was ever measured. */
final class Rounded {

    private Rounded() {}

    /** Nanoseconds to milliseconds, to the microsecond. */
    static double millis(long nanos) {
        return Math.round(nanos / 1e3) / 1e3;
    }

    /** Nanoseconds to microseconds, exactly. */
    static double micros(long nanos) {
        return nanos / 1e3;
    }

    /** Three digits after the point. */
    static double thousandths(double value) {
        return Math.round(value * 1e3) / 1e3;
    }
}
