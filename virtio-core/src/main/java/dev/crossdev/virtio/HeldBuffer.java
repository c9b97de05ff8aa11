package dev.crossdev.virtio;

import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * One live buffer of a device, as the kernel's {@code dma_buf/bufinfo} shows it, and what only the device knows of it.
 *
 * @param resourceId of the resource that the buffer belongs or belonged to, unsigned; also {@code info}'s id
 * @param state for people: {@code none} where there is no registration, else whether it resolves
 * @param path how an imported buffer's memory is reached: {@code shm}, {@code shm-copy} or {@code stream}; empty for an
 *     exporter's own
 * @param description format and size in pixels, for people
 * @param info the rest; {@code since} is when the buffer came to this device, a registration is there once it has one
 */
public record HeldBuffer(int resourceId, String state, String path, String description, BufferInfo info) {

    /** Present once the buffer is exported or imported. */
    public Optional<UUID> uuid() {
        return info.registration().flatMap(RegistrationInfo::uuid);
    }

    /** Bytes. */
    public long size() {
        return info.size();
    }

    /** When the buffer came to this device. */
    public Instant createdAt() {
        return info.since();
    }
}
