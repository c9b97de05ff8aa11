package dev.crossdev.virtio.capture;

/** The words of the format, for its reader and its writer. */
final class CaptureFormat {

    static final String TITLE = "# crossdev wire log 1";
    static final String COLUMNS_BEGIN = "# lines: <virtqueue index>";
    static final String COLUMNS =
            COLUMNS_BEGIN + " <request bytes hex> <response bytes hex> # <notes>   " + "('-' = no bytes)";

    /** Begins what a program reads; to a reader that knows only exchanges it is a comment. */
    static final String DIRECTIVE = "#:";

    static final String NO_BYTES = "-";

    // Directives of the header.
    static final String TYPE = "type";
    static final String GUEST = "guest";
    static final String DEVICE = "device";
    static final String OFFERED = "offered";
    static final String ACCEPTED = "accepted";
    static final String CONFIG = "config";
    static final String EPOCH = "epoch";
    static final String MEMORY = "memory";
    static final String CLOCK = "clock";

    // Directives between exchanges.
    static final String WRITE = "write";
    static final String RESET = "reset";
    static final String CONFIG_CHANGED = "config-changed";
    static final String DROPPED = "dropped";
    static final String UNPLUGGED = "unplugged";

    // Notes.
    static final String SEQUENCE = "seq";
    static final String WRITABLE = "room";
    static final String AT = "at";
    static final String USED = "used";
    static final String UNANSWERED = "unanswered";

    private static final long NANOS = 1_000_000_000L;

    private CaptureFormat() {}

    /** Nanoseconds as seconds with nine decimals. */
    static String seconds(long nanos) {
        return "%d.%09d".formatted(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    /** @throws NumberFormatException for anything but what {@link #seconds} writes */
    static long nanos(String seconds) {
        int point = seconds.indexOf('.');
        if (point < 0
                || seconds.length() - point != 10
                || seconds.charAt(point + 1) == '-'
                || seconds.charAt(point + 1) == '+') {
            throw new NumberFormatException(seconds);
        }
        try {
            return Math.addExact(
                    Math.multiplyExact(Long.parseLong(seconds.substring(0, point)), NANOS),
                    Long.parseLong(seconds.substring(point + 1)));
        } catch (ArithmeticException e) {
            throw new NumberFormatException(seconds);
        }
    }
}
