package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Reservation;
import java.util.Objects;
import java.util.Optional;

/**
 * What an exporter says of a new buffer (Linux, struct dma_buf_export_info).
 *
 * @param owner the list that the buffer joins
 * @param exporterName the exporting driver or device
 * @param size bytes, positive
 * @param ops what the exporter does for it
 * @param reservation the buffer's fences, when the exporter keeps them itself; else the buffer has its own
 * @param <O> the kind of buffer these operations make
 */
public record ExportInfo<O extends DmaBufOps>(
        DmaBufList owner, String exporterName, long size, O ops, Optional<Reservation> reservation) {
    /** Throws {@link ErrnoException} EINVAL for a missing owner, name or operations, and for a size that is not positive. */
    public ExportInfo {
        if (Objects.isNull(owner) || Objects.isNull(ops) || Objects.isNull(exporterName) || exporterName.isBlank()) {
            throw new ErrnoException(Errno.EINVAL, "an export needs an owner, a name and operations");
        }
        if (size <= 0) {
            throw new ErrnoException(Errno.EINVAL, "size of " + exporterName + "'s buffer is " + size);
        }
    }

    /** With fences of the buffer's own. */
    public ExportInfo(DmaBufList owner, String exporterName, long size, O ops) {
        this(owner, exporterName, size, ops, Optional.empty());
    }
}
