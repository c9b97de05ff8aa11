package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.virtio.HeldBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A resource's memory as a listing shows it, whether it was ever exported or not. */
final class ExportedBuffer {

    private ExportedBuffer() {}

    /**
     * @param named whether the driver still has a name for it, which is one reference
     * @param shared what is known of its export, if there is one
     */
    static HeldBuffer describe(
            int resourceId,
            String state,
            String description,
            long size,
            Instant createdAt,
            boolean named,
            Optional<BufferInfo> shared) {
        int attached = shared.map(info -> info.attachments().size()).orElse(0);
        return new HeldBuffer(
                resourceId,
                state,
                "",
                description,
                new BufferInfo(
                        Integer.toUnsignedLong(resourceId),
                        "virtio-gpu",
                        shared.flatMap(BufferInfo::name),
                        size,
                        attached + (named ? 1 : 0),
                        createdAt,
                        shared.map(BufferInfo::cpuMappings).orElse(0),
                        shared.map(BufferInfo::attachments).orElse(List.of()),
                        shared.map(BufferInfo::fences).orElse(List.of()),
                        shared.flatMap(BufferInfo::registration)));
    }
}
