package dev.crossdev.gpu.objects;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.gpu.device.ObjectExports.Layout;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.Attachment;
import dev.crossdev.proto.objects.v1.Extent;
import dev.crossdev.proto.objects.v1.FenceSlot;
import dev.crossdev.proto.objects.v1.ObjectLayout;
import dev.crossdev.proto.objects.v1.ObjectRemoved;
import dev.crossdev.proto.objects.v1.RevokeRequested;
import dev.crossdev.proto.objects.v1.SharedObject;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchSynchronized;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.util.UUID;

/** What is exported, as the contract says it. */
final class ObjectMessages {

    private ObjectMessages() {}

    static AttachResponse attached(Hold hold, LocalObjects objects) {
        ExportedObject object = hold.object();
        String socket = objects.handout().socket();
        AttachResponse.Builder message = AttachResponse.newBuilder()
                .setAttachment(hold.attachment())
                .setLayout(layout(object.layout()))
                .setFence(FenceSlot.newBuilder()
                        .setMemoryToken(bytes(objects.fenceToken()))
                        .setSlot(object.slotIndex()))
                .setDescriptorSocket(socket)
                .setBootId(BootId.local().bytes());
        for (MemoryPiece piece : object.pieces()) {
            message.addExtents(Extent.newBuilder()
                    .setMemoryToken(bytes(object.token(piece.memory())))
                    .setOffset(piece.offset())
                    .setLength(piece.length())
                    .setMemorySize(piece.memory().size()));
        }
        return message.build();
    }

    static SharedObject object(ExportedObject object) {
        SharedObject.Builder message = SharedObject.newBuilder()
                .setUuid(Uuids.toProto(object.uuid()))
                .setDevice(object.device())
                .setResourceId(object.resourceId())
                .setLayout(layout(object.layout()))
                .setExportedAt(ProtoTimes.toProto(object.exportedAt()));
        for (Hold hold : object.holds()) {
            message.addAttachments(Attachment.newBuilder()
                    .setAttachment(hold.attachment())
                    .setImporter(hold.importer())
                    .setDevice(hold.device())
                    .setAttachedAt(ProtoTimes.toProto(hold.since())));
        }
        return message.build();
    }

    static WatchResponse event(ObjectWatcher.Event event) {
        WatchResponse.Builder message = WatchResponse.newBuilder();
        return switch (event) {
            case ObjectWatcher.Event.Added(ExportedObject object) ->
                message.setAdded(object(object)).build();
            case ObjectWatcher.Event.Synchronized() ->
                message.setSynchronized(WatchSynchronized.getDefaultInstance()).build();
            case ObjectWatcher.Event.Removed(UUID uuid) ->
                message.setRemoved(ObjectRemoved.newBuilder().setUuid(Uuids.toProto(uuid)))
                        .build();
        };
    }

    static WatchResponse revoke(int attachment) {
        return WatchResponse.newBuilder()
                .setRevokeRequested(RevokeRequested.newBuilder().setAttachment(attachment))
                .build();
    }

    private static ObjectLayout layout(Layout layout) {
        PixelFormat format = layout.format();
        return ObjectLayout.newBuilder()
                .setFormat(format == null ? 0 : format.number())
                .setWidth(layout.width())
                .setHeight(layout.height())
                .setStride(layout.stride())
                .setOffset(layout.offset())
                .setSize(layout.size())
                .build();
    }

    private static ByteString bytes(MemoryToken token) {
        return ByteString.copyFrom(token.bytes());
    }
}
