package dev.crossdev.virtio;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One live buffer, as a line of the kernel's {@code dma_buf/bufinfo} shows it.
 *
 * @param resourceId of the resource that the buffer belongs or belonged to, unsigned
 * @param size bytes
 * @param uuid present once the buffer is exported or imported
 * @param state of the registration, for people: {@code none} where there is none
 * @param references holders of the buffer, its own device included
 * @param attachments who has attached, for people
 * @param createdAt when the buffer came to this device
 * @param path how an imported buffer's memory is reached: {@code shm} or {@code stream}; empty for an exporter's own
 * @param description format and size in pixels, for people
 */
public record HeldBuffer(
        int resourceId,
        long size,
        Optional<UUID> uuid,
        String state,
        int references,
        List<String> attachments,
        Instant createdAt,
        String path,
        String description) {

    public HeldBuffer {
        attachments = List.copyOf(attachments);
    }
}
