package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.gpu.device.ObjectExport.Access;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.ScatterList;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The commands that make, fill, export and drop resources. Codes and their order are QEMU's (virtio-gpu.c), except that
 * ASSIGN_UUID, which QEMU lacks, answers as vhost-device-gpu does.
 */
final class ResourceCommands {
    private static final System.Logger LOG = System.getLogger(ResourceCommands.class.getName());

    private final Features accepted;
    private final GuestMemory memory;
    private final ObjectExports exports;
    private final MemoryLedger ledger;
    private final FencedWork fenced;
    private final GpuSettings settings;
    private final BlobCommands blobs;

    ResourceCommands(
            Features accepted,
            GuestMemory memory,
            ObjectExports exports,
            MemoryLedger ledger,
            FencedWork fenced,
            GpuSettings settings,
            BlobCommands blobs) {
        this.accepted = accepted;
        this.memory = memory;
        this.exports = exports;
        this.ledger = ledger;
        this.fenced = fenced;
        this.settings = settings;
        this.blobs = blobs;
    }

    GpuResponse create(DeviceState state, GpuCommand.ResourceCreate2d command) {
        if (command.resourceId() == 0 || state.resource(command.resourceId()).isPresent()) {
            return Answers.INVALID_RESOURCE_ID;
        }
        Optional<PixelFormat> format = PixelFormat.of(command.format());
        // QEMU lets an empty picture through and fails on it later.
        if (format.isEmpty() || command.width() == 0 || command.height() == 0) {
            return Answers.INVALID_PARAMETER;
        }
        if (!state.hasRoomForResource()) {
            return Answers.OUT_OF_MEMORY;
        }
        Optional<HostImage> image =
                HostImage.allocate(command.resourceId(), format.get(), command.width(), command.height(), ledger);
        if (image.isEmpty()) {
            return Answers.OUT_OF_MEMORY;
        }
        if (!state.add(new Resource.Flat(command.resourceId(), image.get()))) {
            image.get().abandon();
            return Answers.UNSPEC;
        }
        return Answers.OK;
    }

    Outcome unref(DeviceState state, GpuCommand.ResourceUnref command) {
        Optional<Resource> resource = state.resource(command.resourceId());
        return resource.isEmpty()
                ? new Outcome.Done(Answers.INVALID_RESOURCE_ID)
                : answeredAfter(state.remove(resource.get()));
    }

    GpuResponse attachBacking(DeviceState state, GpuCommand.ResourceAttachBacking command) {
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return Answers.INVALID_RESOURCE_ID;
        }
        if (resource.get().backing().isPresent()
                || !command.complete()
                || command.entries().size() > GpuLimits.MAX_BACKING_ENTRIES
                || command.entries().stream().anyMatch(entry -> entry.size() == 0)) {
            return Answers.UNSPEC;
        }
        ScatterList backing;
        try {
            backing = new ScatterList(memory, command.entries());
        } catch (ErrnoException e) {
            return Answers.UNSPEC;
        }
        if (resource.get() instanceof Resource.Blob blob && backing.size() < blob.size()) {
            return Answers.UNSPEC;
        }
        return state.attach(resource.get(), backing) ? Answers.OK : Answers.OUT_OF_MEMORY;
    }

    Outcome detachBacking(DeviceState state, GpuCommand.ResourceDetachBacking command) {
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return new Outcome.Done(Answers.INVALID_RESOURCE_ID);
        }
        if (resource.get().backing().isEmpty()) {
            return new Outcome.Done(Answers.UNSPEC);
        }
        return answeredAfter(state.detach(resource.get()));
    }

    /** OK, once nobody can touch the guest's pages any more: the driver frees them when it sees the answer. */
    private Outcome answeredAfter(CompletableFuture<Void> letGo) {
        if (letGo.isDone()) {
            return new Outcome.Done(Answers.OK);
        }
        // Interrupted is reset: nobody hears the answer.
        return new Outcome.Waiting(() -> Revokes.await(letGo, settings.revokeWait()) ? Answers.OK : Answers.UNSPEC);
    }

    Outcome transfer(DeviceState state, GpuCommand.TransferToHost2d command) {
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return new Outcome.Done(Answers.INVALID_RESOURCE_ID);
        }
        Optional<ScatterList> backing = resource.get().backing();
        if (backing.isEmpty()) {
            return new Outcome.Done(Answers.UNSPEC);
        }
        return switch (resource.get()) {
            case Resource.Flat flat -> {
                HostImage image = flat.image();
                if (!command.rect().fitsIn(image.width(), image.height())) {
                    yield new Outcome.Done(Answers.INVALID_PARAMETER);
                }
                ScatterList pages = backing.get();
                yield fenced.on(image, Access.WRITE, () -> {
                    copy(pages, command.offset(), image, command.rect());
                    return Answers.OK;
                });
            }
            // Its backing is what everybody sees: QEMU and crosvm do nothing.
            case Resource.Blob _ -> new Outcome.Done(Answers.OK);
        };
    }

    /** Answered when the object can be found; meanwhile the commands behind it wait, as behind a fence. */
    Outcome assignUuid(DeviceState state, GpuCommand.ResourceAssignUuid command) {
        if (!accepted.has(GpuFeature.RESOURCE_UUID)) {
            return new Outcome.Done(Answers.INVALID_PARAMETER);
        }
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return new Outcome.Done(Answers.INVALID_RESOURCE_ID);
        }
        return switch (resource.get()) {
            case Resource.Flat flat -> {
                HostImage image = flat.image();
                if (image.export().isEmpty() && !export(flat.id(), image)) {
                    yield new Outcome.Done(Answers.OUT_OF_MEMORY);
                }
                yield image.export()
                        .map(export -> Publishing.answeredWhenFound(export, () -> image.unexport(export)))
                        .orElseGet(() -> new Outcome.Done(Answers.UNSPEC));
            }
            case Resource.Blob blob -> blobs.assignUuid(blob);
        };
    }

    private boolean export(int id, HostImage image) {
        if (!image.tryHold()) {
            return false;
        }
        try {
            image.exported(exports.export(image.exportable()));
            return true;
        } catch (ErrnoException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "resource " + Integer.toUnsignedString(id) + " not exported: " + e);
            image.letGo();
            return false;
        }
    }

    /**
     * The rectangle's first pixel comes from {@code offset} in the backing, whose rows are as long as the resource's: so
     * the Linux guest sends it (virtgpu_plane.c) and QEMU reads it.
     */
    private static void copy(ScatterList pages, long offset, HostImage image, Rect rect) {
        long stride = (long) image.width() * PixelFormat.BYTES_PER_PIXEL;
        long rowBytes = (long) rect.width() * PixelFormat.BYTES_PER_PIXEL;
        MemorySegment pixels = image.pixels();
        long target = (long) rect.y() * image.layout().stride() + (long) rect.x() * PixelFormat.BYTES_PER_PIXEL;
        if (rowBytes == stride && image.layout().stride() == stride) {
            copyWhatThereIs(pages, offset, pixels.asSlice(target, stride * rect.height()));
            return;
        }
        for (int row = 0; row < rect.height(); row++) {
            copyWhatThereIs(
                    pages,
                    offset + row * stride,
                    pixels.asSlice(target + (long) row * image.layout().stride(), rowBytes));
        }
    }

    /** A backing that is too short gives what it has (QEMU virtio-gpu.c, virtio_gpu_transfer_to_host_2d). */
    private static void copyWhatThereIs(ScatterList pages, long offset, MemorySegment target) {
        long copied = pages.copyTo(offset, target);
        assert copied <= target.byteSize();
    }
}
