package dev.crossdev.dmabuf.memory;

import java.time.Duration;

/**
 * What a {@link DescriptorServer} grants its peers.
 *
 * @param connections open at once; one more is told EMFILE and closed
 * @param unclaimed memories handed over and not taken yet, of all peers; one more is refused with EMFILE
 * @param claimWithin how long such a memory is kept
 * @param stall how long a message may take from its first byte to its last
 */
public record DescriptorLimits(int connections, int unclaimed, Duration claimWithin, Duration stall) {
    public static final DescriptorLimits DEFAULT =
            new DescriptorLimits(256, 256, Duration.ofSeconds(30), Duration.ofSeconds(5));
}
