package dev.crossdev.cli.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Processor time of the whole machine since its start, from the first line of /proc/stat (man 5 proc).
 *
 * @param total ticks, all kinds; guest time is part of user time and not counted again
 * @param steal ticks that a hypervisor gave to others
 */
public record CpuTimes(long total, long steal) {

    private static final Path PROC_STAT = Path.of("/proc/stat");
    private static final int STEAL = 7;

    /** Where the kernel does not say: nothing was ever counted. */
    static final CpuTimes UNKNOWN = new CpuTimes(0, 0);

    /** Until now. */
    public static CpuTimes now() {
        try {
            return parse(Files.readAllLines(PROC_STAT));
        } catch (IOException _) {
            return UNKNOWN;
        }
    }

    static CpuTimes parse(List<String> procStat) {
        return procStat.stream()
                .filter(line -> line.startsWith("cpu "))
                .findFirst()
                .map(line -> Arrays.stream(
                                line.substring("cpu ".length()).trim().split(" +"))
                        .mapToLong(Long::parseLong)
                        .toArray())
                .filter(ticks -> ticks.length > STEAL)
                .map(ticks -> new CpuTimes(Arrays.stream(ticks, 0, STEAL + 1).sum(), ticks[STEAL]))
                .orElse(UNKNOWN);
    }

    /** Share of steal in the time between, 0 to 1; null when no time is known to have passed. */
    public @Nullable Double stealShareSince(CpuTimes before) {
        long passed = total - before.total;
        return passed <= 0 ? null : (double) (steal - before.steal) / passed;
    }
}
