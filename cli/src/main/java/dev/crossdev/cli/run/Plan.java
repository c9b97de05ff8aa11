package dev.crossdev.cli.run;

import java.util.List;

/**
 * A sweep.
 *
 * @param latencies what is injected, one after another
 * @param buffers numbers of output buffers, one after another
 * @param batch whether all buffers are allocated before any is exported
 * @param rounds start-ups per cell that count
 * @param seed of the order of the strategies within a round
 */
public record Plan(List<DevicePair> latencies, List<Integer> buffers, boolean batch, int rounds, long seed) {

    /** Copies its lists. */
    public Plan {
        latencies = List.copyOf(latencies);
        buffers = List.copyOf(buffers);
    }
}
