package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.gpu.v1.Capset;
import dev.crossdev.proto.gpu.v1.CapsetInfo;
import dev.crossdev.proto.gpu.v1.DisplayInfo;
import dev.crossdev.proto.gpu.v1.Edid;
import dev.crossdev.proto.gpu.v1.GpuCompletion;
import dev.crossdev.proto.gpu.v1.ResourceUuid;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code virtio.gpu.v1.GpuCompletion} as a reply and back. */
final class GpuCompletions {

    private GpuCompletions() {}

    static GpuCompletion message(long sequence, GpuReply reply, Times times) {
        GpuCompletion.Builder message = GpuCompletion.newBuilder()
                .setSequence(sequence)
                .setResultValue(reply.response().result().number())
                .setTimes(DeviceMessages.times(times));
        if (reply.header().fenced()) {
            message.setFence(GpuCommands.fence(reply.header()));
        }
        switch (reply.response()) {
            case GpuResponse.OkDisplayInfo(List<Display> displays) -> message.setDisplayInfo(displayInfo(displays));
            case GpuResponse.OkEdid edid ->
                message.setEdid(Edid.newBuilder().setEdid(ByteString.copyFrom(edid.edid())));
            case GpuResponse.OkResourceUuid(UUID uuid) ->
                message.setResourceUuid(ResourceUuid.newBuilder().setUuid(Uuids.toProto(uuid)));
            case GpuResponse.OkCapsetInfo(int capsetId, int maxVersion, int maxSize) ->
                message.setCapsetInfo(CapsetInfo.newBuilder()
                        .setCapsetId(capsetId)
                        .setCapsetMaxVersion(maxVersion)
                        .setCapsetMaxSize(maxSize));
            case GpuResponse.OkCapset capset ->
                message.setCapset(Capset.newBuilder().setCapsetData(ByteString.copyFrom(capset.data())));
            // A device without host-visible memory never answers OkMapInfo, and the contract has no field for it.
            case GpuResponse.OkNodata _, GpuResponse.OkMapInfo _, GpuResponse.Err _ -> {}
        }
        return message.build();
    }

    private static DisplayInfo displayInfo(List<Display> displays) {
        DisplayInfo.Builder message = DisplayInfo.newBuilder();
        for (Display display : displays) {
            message.addDisplays(dev.crossdev.proto.gpu.v1.Display.newBuilder()
                    .setRect(GpuCommands.rect(display.rect()))
                    .setEnabled(display.enabled())
                    .setFlags(display.flags()));
        }
        return message.build();
    }

    static <E> Outbound<GpuReply, E> completionOf(GpuCompletion message) {
        @Nullable GpuResponse response;
        try {
            response = responseOf(message);
        } catch (ErrnoException e) {
            return new Outbound.BadCompletion<>(message.getSequence(), String.valueOf(e.getMessage()));
        }
        if (response == null) {
            return new Outbound.BadCompletion<>(
                    message.getSequence(),
                    "result 0x" + Integer.toHexString(message.getResultValue()) + " with " + message.getResponseCase());
        }
        GpuHeader header =
                message.hasFence() ? GpuHeader.fence(message.getFence().getFenceId()) : GpuHeader.NONE;
        return new Outbound.Completion<>(
                message.getSequence(), new GpuReply(header, response), DeviceMessages.timesOf(message.getTimes()));
    }

    /** Null for a result without the content that belongs to it, or with a number that is none. */
    private static @Nullable GpuResponse responseOf(GpuCompletion message) {
        Optional<GpuResult> result = GpuResult.of(message.getResultValue());
        if (result.isEmpty()) {
            return null;
        }
        return switch (result.get()) {
            case OK_NODATA -> new GpuResponse.OkNodata();
            case OK_DISPLAY_INFO ->
                message.hasDisplayInfo() && message.getDisplayInfo().getDisplaysCount() <= GpuLimits.MAX_SCANOUTS
                        ? new GpuResponse.OkDisplayInfo(displaysOf(message.getDisplayInfo()))
                        : null;
            case OK_EDID ->
                message.hasEdid() && message.getEdid().getEdid().size() <= GpuLimits.EDID_BYTES
                        ? new GpuResponse.OkEdid(message.getEdid().getEdid().toByteArray())
                        : null;
            case OK_RESOURCE_UUID ->
                message.hasResourceUuid()
                        ? new GpuResponse.OkResourceUuid(
                                Uuids.fromProto(message.getResourceUuid().getUuid()))
                        : null;
            case OK_CAPSET_INFO ->
                message.hasCapsetInfo()
                        ? new GpuResponse.OkCapsetInfo(
                                message.getCapsetInfo().getCapsetId(),
                                message.getCapsetInfo().getCapsetMaxVersion(),
                                message.getCapsetInfo().getCapsetMaxSize())
                        : null;
            case OK_CAPSET ->
                message.hasCapset()
                        ? new GpuResponse.OkCapset(
                                message.getCapset().getCapsetData().toByteArray())
                        : null;
            case OK_MAP_INFO -> null;
            case ERR_UNSPEC,
                    ERR_OUT_OF_MEMORY,
                    ERR_INVALID_SCANOUT_ID,
                    ERR_INVALID_RESOURCE_ID,
                    ERR_INVALID_CONTEXT_ID,
                    ERR_INVALID_PARAMETER -> new GpuResponse.Err(result.get());
        };
    }

    private static List<Display> displaysOf(DisplayInfo message) {
        return message.getDisplaysList().stream()
                .map(display ->
                        new Display(GpuCommands.rectOf(display.getRect()), display.getEnabled(), display.getFlags()))
                .toList();
    }
}
