package dev.crossdev.dmabuf;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One buffer as a listing shows it (Linux, debugfs {@code dma_buf/bufinfo}), at one moment.
 *
 * @param id unique within the list
 * @param exporter name of the exporting driver or device
 * @param name what the buffer was named
 * @param size bytes
 * @param references references held
 * @param since when it was exported
 * @param attachments the devices on it, oldest first
 * @param registration where its UUID stands; empty for a plain dma-buf
 */
public record BufferInfo(
        long id,
        String exporter,
        Optional<String> name,
        long size,
        int references,
        Instant since,
        List<AttachmentInfo> attachments,
        Optional<RegistrationInfo> registration) {

    public BufferInfo {
        attachments = List.copyOf(attachments);
    }

    /**
     * One attached device.
     *
     * @param importer its name
     * @param since when it attached
     * @param mapped how many mappings it has
     */
    public record AttachmentInfo(String importer, Instant since, int mapped) {}

    /**
     * A registration at one moment.
     *
     * @param state where it stands
     * @param waiters how many wait for it
     */
    public record RegistrationInfo(UuidRegistration.State state, int waiters) {}

    static BufferInfo of(DmaBuf buffer) {
        return new BufferInfo(
                buffer.id(),
                buffer.exporterName(),
                buffer.name(),
                buffer.size(),
                buffer.references(),
                buffer.since(),
                buffer.attachments().stream()
                        .map(a -> new AttachmentInfo(a.importer().importerName(), a.since(), a.mapped()))
                        .toList(),
                buffer.uuidRegistration().map(r -> new RegistrationInfo(r.state(), r.waiters())));
    }
}
