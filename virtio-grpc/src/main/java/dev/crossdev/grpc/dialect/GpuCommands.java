package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.gpu.v1.Fence;
import dev.crossdev.proto.gpu.v1.GetCapset;
import dev.crossdev.proto.gpu.v1.GetCapsetInfo;
import dev.crossdev.proto.gpu.v1.GetDisplayInfo;
import dev.crossdev.proto.gpu.v1.GetEdid;
import dev.crossdev.proto.gpu.v1.MoveCursor;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceAttachBacking;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.proto.gpu.v1.ResourceCreateBlob;
import dev.crossdev.proto.gpu.v1.ResourceDetachBacking;
import dev.crossdev.proto.gpu.v1.ResourceFlush;
import dev.crossdev.proto.gpu.v1.ResourceUnref;
import dev.crossdev.proto.gpu.v1.SetScanout;
import dev.crossdev.proto.gpu.v1.SetScanoutBlob;
import dev.crossdev.proto.gpu.v1.TransferToHost2d;
import dev.crossdev.proto.gpu.v1.UpdateCursor;
import dev.crossdev.virtio.gpu.CursorPosition;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code virtio.gpu.v1.GpuCommand} as a request and back.
 *
 * <p>A message that holds no command, or one that no virtio command can hold, becomes {@link GpuCommand.Unsupported}: the
 * device answers it with ERR_UNSPEC in its turn, which is what an undecodable command gets (virtio-gpu devices answer so
 * in QEMU, crosvm and vhost-device-gpu).
 */
final class GpuCommands {

    private static final int UNKNOWN = GpuCommandType.UNDEFINED.number();

    private GpuCommands() {}

    static GpuRequest requestOf(dev.crossdev.proto.gpu.v1.GpuCommand message) {
        int ring = message.getFence().getRingIdx();
        if (ring < 0 || ring > 0xff) {
            // One byte on the wire: such a header cannot be. The fence itself is still copied back.
            GpuHeader header =
                    new GpuHeader(GpuHeader.FENCE, message.getFence().getFenceId(), message.getContextId(), 0);
            return new GpuRequest(header, new GpuCommand.Unsupported(UNKNOWN));
        }
        return new GpuRequest(headerOf(message), commandOf(message));
    }

    private static GpuHeader headerOf(dev.crossdev.proto.gpu.v1.GpuCommand message) {
        if (!message.hasFence()) {
            return message.getContextId() == 0 ? GpuHeader.NONE : new GpuHeader(0, 0, message.getContextId(), 0);
        }
        Fence fence = message.getFence();
        int flags = GpuHeader.FENCE | (fence.hasRingIdx() ? GpuHeader.INFO_RING_IDX : 0);
        return new GpuHeader(flags, fence.getFenceId(), message.getContextId(), fence.getRingIdx());
    }

    private static GpuCommand commandOf(dev.crossdev.proto.gpu.v1.GpuCommand message) {
        return switch (message.getCommandCase()) {
            case GET_DISPLAY_INFO -> new GpuCommand.GetDisplayInfo();
            case GET_EDID -> new GpuCommand.GetEdid(message.getGetEdid().getScanoutId());
            case RESOURCE_CREATE_2D -> create2dOf(message.getResourceCreate2D());
            case RESOURCE_UNREF ->
                new GpuCommand.ResourceUnref(message.getResourceUnref().getResourceId());
            case SET_SCANOUT -> setScanoutOf(message.getSetScanout());
            case RESOURCE_FLUSH ->
                new GpuCommand.ResourceFlush(
                        rectOf(message.getResourceFlush().getRect()),
                        message.getResourceFlush().getResourceId());
            case TRANSFER_TO_HOST_2D -> transferOf(message.getTransferToHost2D());
            case RESOURCE_ATTACH_BACKING ->
                new GpuCommand.ResourceAttachBacking(
                        message.getResourceAttachBacking().getResourceId(),
                        entriesOf(message.getResourceAttachBacking().getEntriesList()));
            case RESOURCE_DETACH_BACKING ->
                new GpuCommand.ResourceDetachBacking(
                        message.getResourceDetachBacking().getResourceId());
            case GET_CAPSET_INFO ->
                new GpuCommand.GetCapsetInfo(message.getGetCapsetInfo().getCapsetIndex());
            case GET_CAPSET ->
                new GpuCommand.GetCapset(
                        message.getGetCapset().getCapsetId(),
                        message.getGetCapset().getCapsetVersion());
            case RESOURCE_ASSIGN_UUID ->
                new GpuCommand.ResourceAssignUuid(
                        message.getResourceAssignUuid().getResourceId());
            case RESOURCE_CREATE_BLOB -> createBlobOf(message.getResourceCreateBlob());
            case SET_SCANOUT_BLOB -> setScanoutBlobOf(message.getSetScanoutBlob());
            case UPDATE_CURSOR -> {
                UpdateCursor cursor = message.getUpdateCursor();
                yield new GpuCommand.UpdateCursor(
                        positionOf(cursor.getPosition()), cursor.getResourceId(), cursor.getHotX(), cursor.getHotY());
            }
            case MOVE_CURSOR ->
                new GpuCommand.MoveCursor(
                        positionOf(message.getMoveCursor().getPosition()),
                        message.getMoveCursor().getResourceId(),
                        0,
                        0);
            case COMMAND_NOT_SET -> new GpuCommand.Unsupported(UNKNOWN);
        };
    }

    private static GpuCommand create2dOf(ResourceCreate2d message) {
        return new GpuCommand.ResourceCreate2d(
                message.getResourceId(), message.getFormatValue(), message.getWidth(), message.getHeight());
    }

    private static GpuCommand setScanoutOf(SetScanout message) {
        return new GpuCommand.SetScanout(rectOf(message.getRect()), message.getScanoutId(), message.getResourceId());
    }

    private static GpuCommand transferOf(TransferToHost2d message) {
        return new GpuCommand.TransferToHost2d(rectOf(message.getRect()), message.getOffset(), message.getResourceId());
    }

    private static GpuCommand createBlobOf(ResourceCreateBlob message) {
        return new GpuCommand.ResourceCreateBlob(
                message.getResourceId(),
                message.getBlobMem(),
                message.getBlobFlags(),
                message.getBlobId(),
                message.getSize(),
                entriesOf(message.getEntriesList()));
    }

    private static GpuCommand setScanoutBlobOf(SetScanoutBlob message) {
        if (message.getStridesCount() > GpuLimits.MAX_PLANES || message.getOffsetsCount() > GpuLimits.MAX_PLANES) {
            return new GpuCommand.Unsupported(GpuCommandType.SET_SCANOUT_BLOB.number());
        }
        return new GpuCommand.SetScanoutBlob(
                rectOf(message.getRect()),
                message.getScanoutId(),
                message.getResourceId(),
                message.getWidth(),
                message.getHeight(),
                message.getFormatValue(),
                planesOf(message.getStridesList()),
                planesOf(message.getOffsetsList()));
    }

    /** Planes that are not named are zero, as on the wire. */
    private static List<Integer> planesOf(List<Integer> named) {
        List<Integer> planes = new ArrayList<>(named);
        while (planes.size() < GpuLimits.MAX_PLANES) {
            planes.add(0);
        }
        return planes;
    }

    static Rect rectOf(dev.crossdev.proto.gpu.v1.Rect message) {
        return new Rect(message.getX(), message.getY(), message.getWidth(), message.getHeight());
    }

    static dev.crossdev.proto.gpu.v1.Rect rect(Rect rect) {
        return dev.crossdev.proto.gpu.v1.Rect.newBuilder()
                .setX(rect.x())
                .setY(rect.y())
                .setWidth(rect.width())
                .setHeight(rect.height())
                .build();
    }

    private static List<MemEntry> entriesOf(List<dev.crossdev.proto.gpu.v1.MemEntry> messages) {
        return messages.stream()
                .map(entry -> new MemEntry(entry.getAddress(), entry.getLength()))
                .toList();
    }

    private static List<dev.crossdev.proto.gpu.v1.MemEntry> entries(List<MemEntry> entries) {
        return entries.stream()
                .map(entry -> dev.crossdev.proto.gpu.v1.MemEntry.newBuilder()
                        .setAddress(entry.address())
                        .setLength(entry.length())
                        .build())
                .toList();
    }

    private static CursorPosition positionOf(dev.crossdev.proto.gpu.v1.CursorPosition message) {
        return new CursorPosition(message.getScanoutId(), message.getX(), message.getY());
    }

    private static dev.crossdev.proto.gpu.v1.CursorPosition position(CursorPosition position) {
        return dev.crossdev.proto.gpu.v1.CursorPosition.newBuilder()
                .setScanoutId(position.scanoutId())
                .setX(position.x())
                .setY(position.y())
                .build();
    }

    /** The contract has no words for {@link GpuCommand.Unsupported} commands: they go out as a message without one. */
    static dev.crossdev.proto.gpu.v1.GpuCommand message(long sequence, GpuRequest request) {
        dev.crossdev.proto.gpu.v1.GpuCommand.Builder message = dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                .setSequence(sequence)
                .setContextId(request.header().contextId());
        if (request.header().fenced()) {
            message.setFence(fence(request.header()));
        }
        switch (request.command()) {
            case GpuCommand.GetDisplayInfo() -> message.setGetDisplayInfo(GetDisplayInfo.getDefaultInstance());
            case GpuCommand.GetEdid(int scanoutId) ->
                message.setGetEdid(GetEdid.newBuilder().setScanoutId(scanoutId));
            case GpuCommand.ResourceCreate2d(int resourceId, int format, int width, int height) ->
                message.setResourceCreate2D(ResourceCreate2d.newBuilder()
                        .setResourceId(resourceId)
                        .setFormatValue(format)
                        .setWidth(width)
                        .setHeight(height));
            case GpuCommand.ResourceUnref(int resourceId) ->
                message.setResourceUnref(ResourceUnref.newBuilder().setResourceId(resourceId));
            case GpuCommand.SetScanout(Rect rect, int scanoutId, int resourceId) ->
                message.setSetScanout(SetScanout.newBuilder()
                        .setRect(rect(rect))
                        .setScanoutId(scanoutId)
                        .setResourceId(resourceId));
            case GpuCommand.ResourceFlush(Rect rect, int resourceId) ->
                message.setResourceFlush(
                        ResourceFlush.newBuilder().setRect(rect(rect)).setResourceId(resourceId));
            case GpuCommand.TransferToHost2d(Rect rect, long offset, int resourceId) ->
                message.setTransferToHost2D(TransferToHost2d.newBuilder()
                        .setRect(rect(rect))
                        .setOffset(offset)
                        .setResourceId(resourceId));
            case GpuCommand.ResourceAttachBacking attach ->
                message.setResourceAttachBacking(ResourceAttachBacking.newBuilder()
                        .setResourceId(attach.resourceId())
                        .addAllEntries(entries(attach.entries())));
            case GpuCommand.ResourceDetachBacking(int resourceId) ->
                message.setResourceDetachBacking(
                        ResourceDetachBacking.newBuilder().setResourceId(resourceId));
            case GpuCommand.GetCapsetInfo(int capsetIndex) ->
                message.setGetCapsetInfo(GetCapsetInfo.newBuilder().setCapsetIndex(capsetIndex));
            case GpuCommand.GetCapset(int capsetId, int capsetVersion) ->
                message.setGetCapset(
                        GetCapset.newBuilder().setCapsetId(capsetId).setCapsetVersion(capsetVersion));
            case GpuCommand.ResourceAssignUuid(int resourceId) ->
                message.setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(resourceId));
            case GpuCommand.ResourceCreateBlob blob -> message.setResourceCreateBlob(createBlob(blob));
            case GpuCommand.SetScanoutBlob blob -> message.setSetScanoutBlob(setScanoutBlob(blob));
            case GpuCommand.UpdateCursor(CursorPosition position, int resourceId, int hotX, int hotY) ->
                message.setUpdateCursor(UpdateCursor.newBuilder()
                        .setPosition(position(position))
                        .setResourceId(resourceId)
                        .setHotX(hotX)
                        .setHotY(hotY));
            case GpuCommand.MoveCursor(CursorPosition position, int resourceId, int _, int _) ->
                message.setMoveCursor(
                        MoveCursor.newBuilder().setPosition(position(position)).setResourceId(resourceId));
            case GpuCommand.Unsupported _ -> {}
        }
        return message.build();
    }

    static Fence fence(GpuHeader header) {
        Fence.Builder fence = Fence.newBuilder().setFenceId(header.fenceId());
        if ((header.flags() & GpuHeader.INFO_RING_IDX) != 0) {
            fence.setRingIdx(header.ringIndex());
        }
        return fence.build();
    }

    private static ResourceCreateBlob createBlob(GpuCommand.ResourceCreateBlob blob) {
        return ResourceCreateBlob.newBuilder()
                .setResourceId(blob.resourceId())
                .setBlobMem(blob.blobMem())
                .setBlobFlags(blob.blobFlags())
                .setBlobId(blob.blobId())
                .setSize(blob.size())
                .addAllEntries(entries(blob.entries()))
                .build();
    }

    private static SetScanoutBlob setScanoutBlob(GpuCommand.SetScanoutBlob blob) {
        return SetScanoutBlob.newBuilder()
                .setRect(rect(blob.rect()))
                .setScanoutId(blob.scanoutId())
                .setResourceId(blob.resourceId())
                .setWidth(blob.width())
                .setHeight(blob.height())
                .setFormatValue(blob.format())
                .addAllStrides(blob.strides())
                .addAllOffsets(blob.offsets())
                .build();
    }
}
