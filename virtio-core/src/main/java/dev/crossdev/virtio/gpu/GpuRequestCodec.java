package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.gpu.GpuCommand.GetCapset;
import dev.crossdev.virtio.gpu.GpuCommand.GetCapsetInfo;
import dev.crossdev.virtio.gpu.GpuCommand.GetDisplayInfo;
import dev.crossdev.virtio.gpu.GpuCommand.GetEdid;
import dev.crossdev.virtio.gpu.GpuCommand.MoveCursor;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAttachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreate2d;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreateBlob;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceDetachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceFlush;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanout;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanoutBlob;
import dev.crossdev.virtio.gpu.GpuCommand.TransferToHost2d;
import dev.crossdev.virtio.gpu.GpuCommand.Unsupported;
import dev.crossdev.virtio.gpu.GpuCommand.UpdateCursor;
import dev.crossdev.virtio.gpu.GpuWire.Decoded;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Requests and their bytes; the fields stand in the order of Linux virtio_gpu.h. */
final class GpuRequestCodec {

    private static final int MEM_ENTRY_BYTES = 16;

    private GpuRequestCodec() {}

    static Decoded decode(MemorySegment readable, GpuQueue queue) {
        WireReader in = new WireReader(readable);
        GpuHeader header = GpuHeader.NONE;
        try {
            int type = in.u32();
            header = readHeader(in);
            GpuCommand command = queue == GpuQueue.CURSOR ? cursorCommand(type, in) : controlCommand(type, in);
            return new Decoded.Request(new GpuRequest(header, command));
        } catch (MalformedMessageException malformed) {
            return new Decoded.Malformed(header, String.valueOf(malformed.getMessage()));
        }
    }

    /** Everything of the header but the type. */
    static GpuHeader readHeader(WireReader in) throws MalformedMessageException {
        GpuHeader header = new GpuHeader(in.u32(), in.u64(), in.u32(), in.u8());
        in.skip(3);
        return header;
    }

    static WireWriter writeHeader(WireWriter out, int type, GpuHeader header) {
        return out.u32(type)
                .u32(header.flags())
                .u64(header.fenceId())
                .u32(header.contextId())
                .u8(header.ringIndex())
                .zeros(3);
    }

    static Rect readRect(WireReader in) throws MalformedMessageException {
        return new Rect(in.u32(), in.u32(), in.u32(), in.u32());
    }

    static WireWriter writeRect(WireWriter out, Rect rect) {
        return out.u32(rect.x()).u32(rect.y()).u32(rect.width()).u32(rect.height());
    }

    private static GpuCommand controlCommand(int type, WireReader in) throws MalformedMessageException {
        return switch (GpuCommandType.of(type)) {
            case GET_DISPLAY_INFO -> new GetDisplayInfo();
            case GET_EDID -> new GetEdid(idAndPadding(in));
            case RESOURCE_CREATE_2D -> new ResourceCreate2d(in.u32(), in.u32(), in.u32(), in.u32());
            case RESOURCE_UNREF -> new ResourceUnref(idAndPadding(in));
            case SET_SCANOUT -> new SetScanout(readRect(in), in.u32(), in.u32());
            case RESOURCE_FLUSH -> new ResourceFlush(readRect(in), idAndPadding(in));
            case TRANSFER_TO_HOST_2D -> new TransferToHost2d(readRect(in), in.u64(), idAndPadding(in));
            case RESOURCE_ATTACH_BACKING -> attachBacking(in);
            case RESOURCE_DETACH_BACKING -> new ResourceDetachBacking(idAndPadding(in));
            case GET_CAPSET_INFO -> new GetCapsetInfo(idAndPadding(in));
            case GET_CAPSET -> new GetCapset(in.u32(), in.u32());
            case RESOURCE_ASSIGN_UUID -> new ResourceAssignUuid(idAndPadding(in));
            case RESOURCE_CREATE_BLOB -> createBlob(in);
            case SET_SCANOUT_BLOB -> scanoutBlob(in);
            default -> new Unsupported(type);
        };
    }

    private static GpuCommand cursorCommand(int type, WireReader in) throws MalformedMessageException {
        GpuCommandType known = GpuCommandType.of(type);
        if (known != GpuCommandType.UPDATE_CURSOR && known != GpuCommandType.MOVE_CURSOR) {
            return new Unsupported(type);
        }
        CursorPosition position = new CursorPosition(in.u32(), in.u32(), in.u32());
        in.skip(4);
        int resourceId = in.u32();
        int hotX = in.u32();
        int hotY = in.u32();
        in.skip(4);
        return known == GpuCommandType.UPDATE_CURSOR
                ? new UpdateCursor(position, resourceId, hotX, hotY)
                : new MoveCursor(position, resourceId, hotX, hotY);
    }

    private static int idAndPadding(WireReader in) throws MalformedMessageException {
        int id = in.u32();
        in.skip(4);
        return id;
    }

    private static GpuCommand attachBacking(WireReader in) throws MalformedMessageException {
        int resourceId = in.u32();
        int announced = in.u32();
        List<MemEntry> entries = entries(in, announced);
        return new ResourceAttachBacking(resourceId, entries, entries.size() == announced);
    }

    private static GpuCommand createBlob(WireReader in) throws MalformedMessageException {
        int resourceId = in.u32();
        int blobMem = in.u32();
        int blobFlags = in.u32();
        int announced = in.u32();
        long blobId = in.u64();
        long size = in.u64();
        List<MemEntry> entries = entries(in, announced);
        return new ResourceCreateBlob(
                resourceId, blobMem, blobFlags, blobId, size, entries, entries.size() == announced);
    }

    /** All of them, or none when there are too many or too few: half a backing is of no use to anyone. */
    private static List<MemEntry> entries(WireReader in, int announced) throws MalformedMessageException {
        boolean tooMany = Integer.compareUnsigned(announced, GpuLimits.MAX_BACKING_ENTRIES) > 0;
        if (tooMany || in.remaining() < (long) announced * MEM_ENTRY_BYTES) {
            return List.of();
        }
        List<MemEntry> entries = new ArrayList<>(announced);
        for (int i = 0; i < announced; i++) {
            entries.add(new MemEntry(in.u64(), in.u32()));
            in.skip(4);
        }
        return entries;
    }

    private static GpuCommand scanoutBlob(WireReader in) throws MalformedMessageException {
        Rect rect = readRect(in);
        int scanoutId = in.u32();
        int resourceId = in.u32();
        int width = in.u32();
        int height = in.u32();
        int format = in.u32();
        in.skip(4);
        List<Integer> strides = List.of(in.u32(), in.u32(), in.u32(), in.u32());
        List<Integer> offsets = List.of(in.u32(), in.u32(), in.u32(), in.u32());
        return new SetScanoutBlob(rect, scanoutId, resourceId, width, height, format, strides, offsets);
    }

    static byte[] encode(GpuRequest request) {
        GpuCommand command = request.command();
        int type = command instanceof Unsupported(int number)
                ? number
                : command.type().number();
        WireWriter out = writeHeader(new WireWriter(96), type, request.header());
        switch (command) {
            case GetDisplayInfo _, Unsupported _ -> {}
            case GetEdid(int scanoutId) -> out.u32(scanoutId).zeros(4);
            case ResourceCreate2d c ->
                out.u32(c.resourceId()).u32(c.format()).u32(c.width()).u32(c.height());
            case ResourceUnref(int resourceId) -> out.u32(resourceId).zeros(4);
            case SetScanout c -> writeRect(out, c.rect()).u32(c.scanoutId()).u32(c.resourceId());
            case ResourceFlush c -> writeRect(out, c.rect()).u32(c.resourceId()).zeros(4);
            case TransferToHost2d c ->
                writeRect(out, c.rect()).u64(c.offset()).u32(c.resourceId()).zeros(4);
            case ResourceAttachBacking c ->
                writeEntries(out.u32(c.resourceId()).u32(c.entries().size()), c.entries());
            case ResourceDetachBacking(int resourceId) -> out.u32(resourceId).zeros(4);
            case GetCapsetInfo(int capsetIndex) -> out.u32(capsetIndex).zeros(4);
            case GetCapset c -> out.u32(c.capsetId()).u32(c.capsetVersion());
            case ResourceAssignUuid(int resourceId) -> out.u32(resourceId).zeros(4);
            case ResourceCreateBlob c -> {
                out.u32(c.resourceId()).u32(c.blobMem()).u32(c.blobFlags());
                out.u32(c.entries().size()).u64(c.blobId()).u64(c.size());
                writeEntries(out, c.entries());
            }
            case SetScanoutBlob c -> {
                writeRect(out, c.rect()).u32(c.scanoutId()).u32(c.resourceId());
                out.u32(c.width()).u32(c.height()).u32(c.format()).zeros(4);
                c.strides().forEach(out::u32);
                c.offsets().forEach(out::u32);
            }
            case UpdateCursor c -> writeCursor(out, c.position(), c.resourceId(), c.hotX(), c.hotY());
            case MoveCursor c -> writeCursor(out, c.position(), c.resourceId(), c.hotX(), c.hotY());
        }
        return out.toBytes();
    }

    private static void writeEntries(WireWriter out, List<MemEntry> entries) {
        for (MemEntry entry : entries) {
            out.u64(entry.address()).u32(entry.length()).zeros(4);
        }
    }

    private static void writeCursor(WireWriter out, CursorPosition position, int resourceId, int hotX, int hotY) {
        out.u32(position.scanoutId()).u32(position.x()).u32(position.y()).zeros(4);
        out.u32(resourceId).u32(hotX).u32(hotY).zeros(4);
    }
}
