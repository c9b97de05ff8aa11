package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.memory.MemEntry;
import java.util.List;

/**
 * What a driver can ask of a GPU device, named after the spec (virtio 1.4, GPU device, controlq and cursorq).
 *
 * <p>The records hold what came over the wire, right or wrong: ids, formats and rectangles are checked by the device, in
 * its own order. Ids, sizes and coordinates are unsigned.
 */
public sealed interface GpuCommand {

    GpuCommandType type();

    /** Names the resource that the command is about, for those that are about one. */
    sealed interface OfResource extends GpuCommand {
        int resourceId();
    }

    record GetDisplayInfo() implements GpuCommand {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.GET_DISPLAY_INFO;
        }
    }

    record GetEdid(int scanoutId) implements GpuCommand {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.GET_EDID;
        }
    }

    /**
     * @param format number of a {@link PixelFormat}, or any other number
     * @param width in pixels
     * @param height in pixels
     */
    record ResourceCreate2d(int resourceId, int format, int width, int height) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_CREATE_2D;
        }
    }

    record ResourceUnref(int resourceId) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_UNREF;
        }
    }

    /** @param resourceId 0 disables the scanout */
    record SetScanout(Rect rect, int scanoutId, int resourceId) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.SET_SCANOUT;
        }
    }

    record ResourceFlush(Rect rect, int resourceId) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_FLUSH;
        }
    }

    /** @param offset of the first source byte in the backing, as every implementation reads it, in bytes */
    record TransferToHost2d(Rect rect, long offset, int resourceId) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.TRANSFER_TO_HOST_2D;
        }
    }

    /**
     * @param complete false when the message announced more entries than {@link GpuLimits#MAX_BACKING_ENTRIES} or than
     *     it held; the device answers ERR_UNSPEC where it would look at the entries, after its other checks
     */
    record ResourceAttachBacking(int resourceId, List<MemEntry> entries, boolean complete) implements OfResource {
        public ResourceAttachBacking {
            entries = List.copyOf(entries);
        }

        public ResourceAttachBacking(int resourceId, List<MemEntry> entries) {
            this(resourceId, entries, true);
        }

        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_ATTACH_BACKING;
        }
    }

    record ResourceDetachBacking(int resourceId) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_DETACH_BACKING;
        }
    }

    record GetCapsetInfo(int capsetIndex) implements GpuCommand {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.GET_CAPSET_INFO;
        }
    }

    record GetCapset(int capsetId, int capsetVersion) implements GpuCommand {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.GET_CAPSET;
        }
    }

    record ResourceAssignUuid(int resourceId) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_ASSIGN_UUID;
        }
    }

    /**
     * @param blobMem {@link BlobMem#GUEST} and so on
     * @param blobFlags {@link BlobMem#FLAG_USE_CROSS_DEVICE} and so on
     * @param blobId names host memory, 0 for guest memory
     * @param size in bytes
     * @param complete as in {@link ResourceAttachBacking}
     */
    record ResourceCreateBlob(
            int resourceId,
            int blobMem,
            int blobFlags,
            long blobId,
            long size,
            List<MemEntry> entries,
            boolean complete)
            implements OfResource {
        public ResourceCreateBlob {
            entries = List.copyOf(entries);
        }

        public ResourceCreateBlob(
                int resourceId, int blobMem, int blobFlags, long blobId, long size, List<MemEntry> entries) {
            this(resourceId, blobMem, blobFlags, blobId, size, entries, true);
        }

        @Override
        public GpuCommandType type() {
            return GpuCommandType.RESOURCE_CREATE_BLOB;
        }
    }

    /**
     * @param width of the framebuffer in pixels
     * @param height of the framebuffer in pixels
     * @param format number of a {@link PixelFormat}, or any other number
     * @param strides bytes from one row to the next, for each of four planes
     * @param offsets of the first byte in the blob, for each of four planes
     */
    record SetScanoutBlob(
            Rect rect,
            int scanoutId,
            int resourceId,
            int width,
            int height,
            int format,
            List<Integer> strides,
            List<Integer> offsets)
            implements OfResource {
        public SetScanoutBlob {
            strides = List.copyOf(strides);
            offsets = List.copyOf(offsets);
            if (strides.size() != GpuLimits.MAX_PLANES || offsets.size() != GpuLimits.MAX_PLANES) {
                throw new IllegalArgumentException("four strides and four offsets, not " + strides + " and " + offsets);
            }
        }

        @Override
        public GpuCommandType type() {
            return GpuCommandType.SET_SCANOUT_BLOB;
        }
    }

    /**
     * @param resourceId image of the pointer, 0 hides it
     * @param hotX column of the pointer's tip in the image
     * @param hotY row of the pointer's tip in the image
     */
    record UpdateCursor(CursorPosition position, int resourceId, int hotX, int hotY) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.UPDATE_CURSOR;
        }
    }

    /** @param resourceId 0 hides the pointer, as guests rely on; other values mean nothing */
    record MoveCursor(CursorPosition position, int resourceId, int hotX, int hotY) implements OfResource {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.MOVE_CURSOR;
        }
    }

    /**
     * A command that this project's devices do not have: 3D, contexts, host-visible blobs, a number that the spec does
     * not know, or a command on the wrong queue. A 2D device answers ERR_UNSPEC.
     *
     * @param number on the wire
     */
    record Unsupported(int number) implements GpuCommand {
        @Override
        public GpuCommandType type() {
            return GpuCommandType.of(number);
        }
    }
}
