package dev.crossdev.gpu.objects;

import java.time.Duration;

/**
 * How much importers may ask of this service.
 *
 * @param maxObjects exported at a time, of all guests, those that outlive their resource included; each has 64 bytes in
 *     the fence table
 * @param maxAttachments at a time, of all importers
 * @param maxWriteBytes that remote writes may have sent and not finished, of all importers
 * @param fenceWait how long a remote read or write waits for a fence
 * @param transferTime how long a remote read or write may take altogether; a reader's fence ends then too
 */
public record ObjectSettings(
        int maxObjects, int maxAttachments, long maxWriteBytes, Duration fenceWait, Duration transferTime) {

    /** 16384 objects (a fence table of 1 MiB), 65536 attachments, 128 MiB, two and ten seconds. */
    public static final ObjectSettings DEFAULT =
            new ObjectSettings(16_384, 65_536, 128L << 20, Duration.ofSeconds(2), Duration.ofSeconds(10));

    public ObjectSettings {
        if (maxObjects < 1 || maxAttachments < 0 || maxWriteBytes < 0) {
            throw new IllegalArgumentException("a limit is too small");
        }
        if (!fenceWait.isPositive() || !transferTime.isPositive()) {
            throw new IllegalArgumentException("a transfer needs time");
        }
    }
}
