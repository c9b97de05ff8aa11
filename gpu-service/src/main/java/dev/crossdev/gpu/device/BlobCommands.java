package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.gpu.device.ObjectExports.ExportedMemory;
import dev.crossdev.gpu.device.ObjectExports.Layout;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.ScatterList;
import java.util.List;
import java.util.Optional;

/**
 * Making blobs and giving them away. A blob is guest memory and nothing else: host memory (HOST3D) needs a 3D context, which
 * this device does not have. Codes and their order are QEMU's (virtio-gpu.c, virtio_gpu_resource_create_blob).
 */
final class BlobCommands {
    private static final System.Logger LOG = System.getLogger(BlobCommands.class.getName());

    private static final int KNOWN_FLAGS =
            BlobMem.FLAG_USE_MAPPABLE | BlobMem.FLAG_USE_SHAREABLE | BlobMem.FLAG_USE_CROSS_DEVICE;

    private final Features accepted;
    private final GuestMemory memory;
    private final ObjectExports exports;

    BlobCommands(Features accepted, GuestMemory memory, ObjectExports exports) {
        this.accepted = accepted;
        this.memory = memory;
        this.exports = exports;
    }

    /** Without entries it is made without pages; ATTACH_BACKING brings them (virtio 1.4, RESOURCE_CREATE_BLOB). */
    GpuResponse create(DeviceState state, GpuCommand.ResourceCreateBlob command) {
        if (!accepted.has(GpuFeature.RESOURCE_BLOB)) {
            return Answers.INVALID_PARAMETER;
        }
        if (command.resourceId() == 0 || state.resource(command.resourceId()).isPresent()) {
            return Answers.INVALID_RESOURCE_ID;
        }
        // Nothing can come of an empty blob, nor of use that nobody knows.
        if (command.blobMem() != BlobMem.GUEST || command.size() <= 0 || (command.blobFlags() & ~KNOWN_FLAGS) != 0) {
            return Answers.INVALID_PARAMETER;
        }
        if (!command.complete()
                || command.entries().size() > GpuLimits.MAX_BACKING_ENTRIES
                || command.entries().stream().anyMatch(entry -> entry.size() == 0)) {
            return Answers.UNSPEC;
        }
        Optional<ScatterList> pages = Optional.empty();
        if (!command.entries().isEmpty()) {
            try {
                pages = Optional.of(new ScatterList(memory, command.entries()));
            } catch (ErrnoException e) {
                return Answers.UNSPEC;
            }
            if (pages.get().size() < command.size()) {
                return Answers.UNSPEC;
            }
        }
        if (!state.hasRoomForResource()) {
            return Answers.OUT_OF_MEMORY;
        }
        Resource.Blob blob = new Resource.Blob(
                command.resourceId(), command.size(), (command.blobFlags() & BlobMem.FLAG_USE_CROSS_DEVICE) != 0);
        if (pages.isPresent() && !state.attach(blob, pages.get())) {
            return Answers.OUT_OF_MEMORY;
        }
        return state.add(blob) ? Answers.OK : Answers.UNSPEC;
    }

    /** Only a blob that was announced for cross-device use has a UUID, and only while it has pages does it resolve. */
    Outcome assignUuid(Resource.Blob blob) {
        if (!blob.crossDevice()) {
            return new Outcome.Done(Answers.INVALID_PARAMETER);
        }
        Optional<ObjectExport> before = blob.export();
        if (before.isPresent()) {
            return Publishing.answeredWhenFound(before.get(), () -> blob.unexport(before.get()));
        }
        Optional<List<MemoryPiece>> pieces = blob.backing().flatMap(pages -> pages.shared(blob.size()));
        if (pieces.isEmpty()) {
            return new Outcome.Done(Answers.UNSPEC);
        }
        try {
            ObjectExport made = exports.export(
                    new ExportedMemory(blob.id(), pieces.get(), Layout.none(blob.size()), blob.uuid(), () -> {}));
            blob.exported(made);
            return Publishing.answeredWhenFound(made, () -> blob.unexport(made));
        } catch (ErrnoException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "blob " + Integer.toUnsignedString(blob.id()) + " not exported: " + e);
            return new Outcome.Done(Answers.OUT_OF_MEMORY);
        }
    }
}
