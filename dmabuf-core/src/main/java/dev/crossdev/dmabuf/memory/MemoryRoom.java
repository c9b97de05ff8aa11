package dev.crossdev.dmabuf.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory could still be allocated. Asked before a memfd is filled, because Linux does not refuse a fallocate
 * that exceeds the machine: it goes on until the out-of-memory killer ends a process.
 */
final class MemoryRoom {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Path OWN_GROUP = Path.of("/proc/self/cgroup");
    private static final Path GROUPS = Path.of("/sys/fs/cgroup");
    private static final int KIB = 1024;
    private static final long FRESH_NANOS = 100_000_000;

    private static long measured;
    private static long left;

    private MemoryRoom() {}

    /**
     * Whether so many bytes more can be allocated, and notes that they will be. Measures anew when the last measurement
     * is old or nearly used up: reading it takes longer than making a small buffer.
     */
    static boolean grant(long size) {
        synchronized (MemoryRoom.class) {
            long now = System.nanoTime();
            if (measured == 0 || now - measured > FRESH_NANOS || size > left / 2) {
                left = available();
                measured = now;
            }
            if (size > left) {
                return false;
            }
            left -= size;
            return true;
        }
    }

    /** Bytes; what cannot be read does not limit. */
    private static long available() {
        return Math.min(machine(MEMINFO), group(OWN_GROUP, GROUPS));
    }

    static long machine(Path meminfo) {
        for (String line : lines(meminfo)) {
            if (line.startsWith("MemAvailable:")) {
                long kib = number(line.substring("MemAvailable:".length(), line.length() - " kB".length()));
                return kib == Long.MAX_VALUE ? kib : kib * KIB;
            }
        }
        return Long.MAX_VALUE;
    }

    /** What the control group (v2) allows; in a container that is the container's limit. */
    static long group(Path ownGroup, Path groups) {
        Path folder = groups;
        for (String line : lines(ownGroup)) {
            if (line.startsWith("0::/")) {
                folder = groups.resolve(line.substring("0::/".length()));
            }
        }
        long limit = first(folder.resolve("memory.max"));
        if (limit == Long.MAX_VALUE) {
            return limit;
        }
        long used = first(folder.resolve("memory.current"));
        long reclaimable = 0;
        for (String line : lines(folder.resolve("memory.stat"))) {
            if (line.startsWith("inactive_file ")) {
                reclaimable = number(line.substring("inactive_file ".length()));
            }
        }
        return used == Long.MAX_VALUE ? limit : Math.max(0, limit - used + reclaimable);
    }

    private static long first(Path file) {
        List<String> lines = lines(file);
        return lines.isEmpty() ? Long.MAX_VALUE : number(lines.getFirst());
    }

    /** "max", the word for no limit, is no number. */
    private static long number(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException _) {
            return Long.MAX_VALUE;
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException _) {
            return List.of();
        }
    }
}
