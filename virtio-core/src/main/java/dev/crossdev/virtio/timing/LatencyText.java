package dev.crossdev.virtio.timing;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people write them. */
final class LatencyText {

    /** More than any study needs; keeps sums of times far from overflow. */
    static final Duration LONGEST = Duration.ofHours(1);

    private static final Pattern TIME = Pattern.compile("(\\d{1,13})(ns|us|µs|ms|s)?");

    private LatencyText() {}

    static Latency parse(String text) {
        String trimmed = text.strip();
        if (trimmed.startsWith("uniform:")) {
            String[] ends = trimmed.substring("uniform:".length()).split("\\.\\.", -1);
            if (ends.length != 2) {
                throw unreadable(text);
            }
            return new Latency.Uniform(parseTime(ends[0]), parseTime(ends[1]));
        }
        if (trimmed.startsWith("exponential:")) {
            return new Latency.Exponential(parseTime(trimmed.substring("exponential:".length())));
        }
        return new Latency.Fixed(parseTime(trimmed));
    }

    /** A whole number and a unit; a bare 0 needs none. */
    static Duration parseTime(String text) {
        Matcher matcher = TIME.matcher(text.strip());
        if (!matcher.matches()) {
            throw unreadable(text);
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        if (unit == null && number != 0) {
            throw new IllegalArgumentException("'" + text + "' needs a unit: ns, us, ms or s");
        }
        Duration time = switch (unit == null ? "s" : unit) {
            case "ns" -> Duration.ofNanos(number);
            case "us", "µs" -> Duration.ofNanos(Math.multiplyExact(number, 1_000L));
            case "ms" -> Duration.ofMillis(number);
            default -> Duration.ofSeconds(number);
        };
        requireSane(time);
        return time;
    }

    /** In the largest unit that leaves a whole number. */
    static String print(Duration time) {
        long nanos = time.toNanos();
        if (nanos == 0) {
            return "0";
        }
        if (nanos % 1_000_000_000 == 0) {
            return nanos / 1_000_000_000 + "s";
        }
        if (nanos % 1_000_000 == 0) {
            return nanos / 1_000_000 + "ms";
        }
        return nanos % 1_000 == 0 ? nanos / 1_000 + "us" : nanos + "ns";
    }

    static void requireSane(Duration time) {
        if (time.isNegative() || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a time from 0 to one hour, not " + time);
        }
    }

    private static IllegalArgumentException unreadable(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is not a latency such as 2ms, 500us, uniform:1ms..3ms or exponential:2ms");
    }
}
