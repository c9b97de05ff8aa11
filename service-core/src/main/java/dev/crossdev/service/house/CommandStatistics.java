package dev.crossdev.service.house;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** How often a device answered which command. */
final class CommandStatistics {

    private final ConcurrentMap<String, LongAdder> counts = new ConcurrentHashMap<>();

    void count(String command) {
        LongAdder count = counts.get(command);
        if (count == null) {
            count = counts.computeIfAbsent(command, unused -> new LongAdder());
        }
        count.increment();
    }

    /** By the command's name, in its order. */
    Map<String, Long> counts() {
        Map<String, Long> sums = new TreeMap<>();
        counts.forEach((command, count) -> sums.put(command, count.sum()));
        return sums;
    }
}
