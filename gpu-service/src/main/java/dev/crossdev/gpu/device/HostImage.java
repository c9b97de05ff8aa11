package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.gpu.device.ObjectExports.ExportedMemory;
import dev.crossdev.gpu.device.ObjectExports.Layout;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The host copy of a 2D resource: memory that the device owns. The resource holds it, an export of the resource holds it
 * too, and the last one out frees it: so a Linux exporter's object stands behind its dma-bufs.
 */
final class HostImage implements SharedPixels {
    private final int resourceId;
    private final PixelFormat format;
    private final Layout layout;
    private final SharedMemory memory;
    private final MemoryLedger ledger;
    private final Instant createdAt = Instant.now();
    private final AtomicInteger holders = new AtomicInteger(1);
    private final Object lock = new Object();
    private boolean named = true;
    private @Nullable ObjectExport export;

    private HostImage(int resourceId, PixelFormat format, Layout layout, SharedMemory memory, MemoryLedger ledger) {
        this.resourceId = resourceId;
        this.format = format;
        this.layout = layout;
        this.memory = memory;
        this.ledger = ledger;
    }

    /**
     * Allocates a picture in full, all zero, with one holder.
     *
     * @return empty when the ledger or the machine has no room
     */
    static Optional<HostImage> allocate(
            int resourceId, PixelFormat format, int width, int height, MemoryLedger ledger) {
        long size = MemoryLedger.bytesOf(width, height);
        if (!ledger.reserve(size)) {
            return Optional.empty();
        }
        SharedMemory memory;
        try {
            memory = SharedMemory.create("virtio-gpu-" + Integer.toUnsignedString(resourceId), size);
        } catch (ErrnoException e) {
            // ENOMEM, ENOSPC or no descriptors left: the guest can only be told that there is no room.
            ledger.cancel(size);
            return Optional.empty();
        }
        Layout layout = new Layout(format, width, height, width * PixelFormat.BYTES_PER_PIXEL, 0, size);
        HostImage image = new HostImage(resourceId, format, layout, memory, ledger);
        ledger.add(image);
        return Optional.of(image);
    }

    Layout layout() {
        return layout;
    }

    PixelFormat format() {
        return format;
    }

    int width() {
        return layout.width();
    }

    int height() {
        return layout.height();
    }

    long bytes() {
        return layout.size();
    }

    /** What an export of it says; it keeps the memory until the export is over. */
    ExportedMemory exportable() {
        return new ExportedMemory(
                resourceId, List.of(new MemoryPiece(memory, 0, layout.size())), layout, Optional.empty(), this::letGo);
    }

    /** Takes the export back: the next one has another UUID, since nobody was told this one. */
    void unexport(ObjectExport made) {
        synchronized (lock) {
            if (export == made) {
                export = null;
            }
        }
        made.withdraw();
    }

    /** Only while it is held. */
    MemorySegment pixels() {
        return memory.segment().asSlice(0, layout.size());
    }

    @Override
    public Optional<ObjectExport> export() {
        synchronized (lock) {
            return Optional.ofNullable(export);
        }
    }

    /** Withdrawn at once when the resource has gone meanwhile. */
    void exported(ObjectExport made) {
        synchronized (lock) {
            export = made;
            if (named) {
                return;
            }
        }
        made.withdraw();
    }

    /** False when the last holder has gone already. */
    @Override
    public boolean tryHold() {
        return holders.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    @Override
    public void letGo() {
        if (holders.decrementAndGet() == 0) {
            memory.close();
            ledger.remove(this);
        }
    }

    /** The resource goes: its name, and its hold. */
    void abandon() {
        Optional<ObjectExport> exported;
        synchronized (lock) {
            named = false;
            exported = Optional.ofNullable(export);
        }
        exported.ifPresent(ObjectExport::withdraw);
        letGo();
    }

    HeldBuffer describe() {
        boolean alive;
        Optional<ObjectExport> exported;
        synchronized (lock) {
            alive = named;
            exported = Optional.ofNullable(export);
        }
        Optional<BufferInfo> shared = exported.flatMap(ObjectExport::info);
        String state = exported.isEmpty() ? "none" : alive ? "OK" : "WITHDRAWN";
        return ExportedBuffer.describe(
                resourceId,
                state,
                format + " " + layout.width() + "x" + layout.height(),
                layout.size(),
                createdAt,
                alive,
                shared);
    }
}
