package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * A dma-buf that can also be asked for the UUID under which other virtio devices know it (Linux,
 * drivers/virtio/virtio_dma_buf.c).
 */
public final class VirtioDmaBuf extends DmaBuf {
    private final VirtioDmaBufOps ops;
    private final UuidRegistration registration;

    private VirtioDmaBuf(ExportInfo<? extends VirtioDmaBufOps> info, UuidRegistration registration) {
        super(info);
        this.ops = info.ops();
        this.registration = registration;
    }

    /**
     * Makes a virtio dma-buf with one reference, the caller's. Never waits for the device: the registration may be
     * pending, or have failed.
     *
     * @throws ErrnoException ENOENT when the owner is going away; EINVAL when the operations have no registration
     */
    public static VirtioDmaBuf exportVirtio(ExportInfo<? extends VirtioDmaBufOps> info) {
        UuidRegistration registration = Optional.ofNullable(info.ops().registration())
                .orElseThrow(() -> new ErrnoException(Errno.EINVAL, "a virtio dma-buf needs a UUID registration"));
        VirtioDmaBuf buffer = new VirtioDmaBuf(info, registration);
        info.owner().add(buffer);
        return buffer;
    }

    /**
     * Is this a virtio dma-buf? The safe run-time upcast: by type, where Linux compares the address of the one attach
     * callback that all virtio exporters share. No side effects.
     */
    public static Optional<VirtioDmaBuf> upcast(DmaBuf buffer) {
        return buffer instanceof VirtioDmaBuf virtio ? Optional.of(virtio) : Optional.empty();
    }

    /**
     * As {@link #getUuid(Duration)}, for a buffer of whatever kind.
     *
     * @throws ErrnoException EINVAL when it is no virtio dma-buf
     */
    public static UUID uuidOf(DmaBuf buffer, Duration timeout) {
        return upcast(buffer)
                .orElseThrow(() -> new ErrnoException(Errno.EINVAL, buffer + " is no virtio dma-buf"))
                .getUuid(timeout);
    }

    public UuidRegistration registration() {
        return registration;
    }

    /**
     * The buffer's UUID, waiting for the exporting device's answer if need be. Attaching first is not required.
     *
     * @param timeout this caller's patience; see {@link UuidRegistration#await}
     * @throws RegistrationFailedException ENODEV: the device answered an error or lacks the feature
     * @throws DeviceGoneException ENODEV: the device is gone
     * @throws ErrnoException ETIMEDOUT, EINTR
     */
    public UUID getUuid(Duration timeout) {
        return registration.await(timeout);
    }

    @Override
    void askExporter(Attachment attachment) {
        ops.deviceAttach(this, attachment);
    }

    @Override
    Optional<RegistrationInfo> registrationInfo() {
        return Optional.of(registration.info());
    }
}
