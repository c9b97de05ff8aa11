package dev.crossdev.virtio.timing;

import java.util.Map;
import java.util.TreeMap;

/** How often faults have struck. Safe for use by several threads. */
public final class FaultCounts {

    private final Map<String, Long> counts = new TreeMap<>();

    synchronized void count(String command, FaultEffect effect) {
        counts.merge(command + "=" + effect, 1L, Long::sum);
    }

    /** Keyed by command and effect in the text form of {@link Fault}, for example {@code RESOURCE_UNREF=never}. */
    public synchronized Map<String, Long> byFault() {
        return Map.copyOf(counts);
    }

    public synchronized long total() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
