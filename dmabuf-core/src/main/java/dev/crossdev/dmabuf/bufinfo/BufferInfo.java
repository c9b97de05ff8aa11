package dev.crossdev.dmabuf.bufinfo;

import dev.crossdev.dmabuf.fence.FenceInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One buffer at one moment.
 *
 * @param id unique within the list
 * @param exporter name of the exporting driver or device
 * @param name what the buffer was named
 * @param size bytes
 * @param references references held, that of the listing itself not counted
 * @param since when it was exported
 * @param cpuMappings mappings for the CPU: mmaps, and one more while it is vmapped
 * @param attachments the devices on it, oldest first
 * @param fences those that have not signalled, lower classes first
 * @param registration where its UUID stands; empty for a plain dma-buf
 */
public record BufferInfo(
        long id,
        String exporter,
        Optional<String> name,
        long size,
        int references,
        Instant since,
        int cpuMappings,
        List<AttachmentInfo> attachments,
        List<FenceInfo> fences,
        Optional<RegistrationInfo> registration) {

    public BufferInfo {
        attachments = List.copyOf(attachments);
        fences = List.copyOf(fences);
    }

    /** The same with another registration. */
    public BufferInfo withRegistration(Optional<RegistrationInfo> other) {
        return new BufferInfo(id, exporter, name, size, references, since, cpuMappings, attachments, fences, other);
    }

    /** Never negative, even when the clock was set back. */
    public Duration age(Instant now) {
        Duration age = Duration.between(since, now);
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** Who waits for its UUID now. */
    public int waiters() {
        return registration.map(RegistrationInfo::waiters).orElse(0);
    }
}
