package dev.crossdev.grpc.dialect;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.video.v1.GetControl;
import dev.crossdev.proto.video.v1.GetParams;
import dev.crossdev.proto.video.v1.PlaneMemory;
import dev.crossdev.proto.video.v1.QueryCapability;
import dev.crossdev.proto.video.v1.QueryControl;
import dev.crossdev.proto.video.v1.QueueClear;
import dev.crossdev.proto.video.v1.ResourceCreate;
import dev.crossdev.proto.video.v1.ResourceDestroyAll;
import dev.crossdev.proto.video.v1.ResourceQueue;
import dev.crossdev.proto.video.v1.SetControl;
import dev.crossdev.proto.video.v1.SetParams;
import dev.crossdev.proto.video.v1.StreamCreate;
import dev.crossdev.proto.video.v1.StreamDestroy;
import dev.crossdev.proto.video.v1.StreamDrain;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoLimits;
import dev.crossdev.virtio.video.VideoParams;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** {@code virtio.video.v1.VideoCommand} as a command and back. */
final class VideoCommands {

    private VideoCommands() {}

    /**
     * A message without a command becomes {@link VideoCommand.Unsupported}, which the device answers in its turn.
     *
     * @throws ErrnoException EINVAL for one that no command of the dialect can hold: a queue or memory type that does not
     *     exist, too many planes, a UUID of another length
     */
    static VideoCommand commandOf(dev.crossdev.proto.video.v1.VideoCommand message) {
        int stream = message.getStreamId();
        return switch (message.getCommandCase()) {
            case QUERY_CAPABILITY ->
                new VideoCommand.QueryCapability(
                        queueOf(message.getQueryCapability().getQueueTypeValue()));
            case STREAM_CREATE -> streamCreateOf(stream, message.getStreamCreate());
            case STREAM_DESTROY -> new VideoCommand.StreamDestroy(stream);
            case STREAM_DRAIN -> new VideoCommand.StreamDrain(stream);
            case RESOURCE_CREATE -> resourceCreateOf(stream, message.getResourceCreate());
            case RESOURCE_QUEUE -> resourceQueueOf(stream, message.getResourceQueue());
            case RESOURCE_DESTROY_ALL ->
                new VideoCommand.ResourceDestroyAll(
                        stream, queueOf(message.getResourceDestroyAll().getQueueTypeValue()));
            case QUEUE_CLEAR ->
                new VideoCommand.QueueClear(
                        stream, queueOf(message.getQueueClear().getQueueTypeValue()));
            case GET_PARAMS ->
                new VideoCommand.GetParams(
                        stream, queueOf(message.getGetParams().getQueueTypeValue()));
            case SET_PARAMS ->
                new VideoCommand.SetParams(
                        stream, VideoParameters.paramsOf(message.getSetParams().getParams()));
            case QUERY_CONTROL ->
                new VideoCommand.QueryControl(
                        stream,
                        message.getQueryControl().getControl(),
                        message.getQueryControl().getFormatValue());
            case GET_CONTROL ->
                new VideoCommand.GetControl(stream, message.getGetControl().getControl());
            case SET_CONTROL ->
                new VideoCommand.SetControl(
                        stream,
                        message.getSetControl().getControl(),
                        message.getSetControl().getValue());
            case COMMAND_NOT_SET -> new VideoCommand.Unsupported(stream, 0);
        };
    }

    private static VideoCommand streamCreateOf(int stream, StreamCreate message) {
        if (message.getTag().getBytes(StandardCharsets.UTF_8).length > VideoLimits.TAG_BYTES) {
            throw invalid("a tag has at most " + VideoLimits.TAG_BYTES + " bytes");
        }
        return new VideoCommand.StreamCreate(
                stream,
                memTypeOf(message.getInMemTypeValue()),
                memTypeOf(message.getOutMemTypeValue()),
                message.getCodedFormatValue(),
                message.getTag());
    }

    private static VideoCommand resourceCreateOf(int stream, ResourceCreate message) {
        int planes = message.getPlanesCount();
        if (planes > VideoLimits.MAX_PLANES || message.getPlaneOffsetsCount() > planes) {
            throw invalid(planes + " planes, " + message.getPlaneOffsetsCount() + " plane offsets");
        }
        List<Integer> offsets = new ArrayList<>(message.getPlaneOffsetsList());
        while (offsets.size() < planes) {
            offsets.add(0);
        }
        return new VideoCommand.ResourceCreate(
                stream,
                queueOf(message.getQueueTypeValue()),
                message.getResourceId(),
                message.getPlanesLayoutValue(),
                offsets,
                message.getPlanesList().stream().map(VideoCommands::entriesOf).toList());
    }

    private static List<ResourceEntry> entriesOf(PlaneMemory message) {
        if (message.getEntriesCount() > 0 && message.getObjectsCount() > 0) {
            throw invalid("a plane of both guest memory and objects");
        }
        List<ResourceEntry> entries = new ArrayList<>(message.getEntriesCount() + message.getObjectsCount());
        message.getEntriesList()
                .forEach(entry -> entries.add(ResourceEntry.of(new MemEntry(entry.getAddress(), entry.getLength()))));
        message.getObjectsList().forEach(uuid -> entries.add(ResourceEntry.of(Uuids.fromProto(uuid))));
        return entries;
    }

    private static VideoCommand resourceQueueOf(int stream, ResourceQueue message) {
        if (message.getDataSizesCount() > VideoLimits.MAX_PLANES) {
            throw invalid(message.getDataSizesCount() + " data sizes");
        }
        return new VideoCommand.ResourceQueue(
                stream,
                queueOf(message.getQueueTypeValue()),
                message.getResourceId(),
                message.getTimestamp(),
                message.getDataSizesList());
    }

    static QueueType queueOf(int number) {
        return QueueType.of(number).orElseThrow(() -> invalid("queue type " + number));
    }

    private static MemType memTypeOf(int number) {
        return MemType.of(number).orElseThrow(() -> invalid("memory type " + number));
    }

    private static ErrnoException invalid(String what) {
        return new ErrnoException(Errno.EINVAL, what);
    }

    /**
     * The contract has no words for {@link VideoCommand.Unsupported} commands and for the two that carry extended
     * parameters: they go out as a message without a command.
     */
    static dev.crossdev.proto.video.v1.VideoCommand message(long sequence, VideoCommand command) {
        dev.crossdev.proto.video.v1.VideoCommand.Builder message = dev.crossdev.proto.video.v1.VideoCommand.newBuilder()
                .setSequence(sequence)
                .setStreamId(command.streamId());
        switch (command) {
            case VideoCommand.QueryCapability(QueueType queue) ->
                message.setQueryCapability(QueryCapability.newBuilder().setQueueTypeValue(queue.number()));
            case VideoCommand.StreamCreate(int _, MemType in, MemType out, int codedFormat, String tag) ->
                message.setStreamCreate(StreamCreate.newBuilder()
                        .setInMemTypeValue(in.number())
                        .setOutMemTypeValue(out.number())
                        .setCodedFormatValue(codedFormat)
                        .setTag(tag));
            case VideoCommand.StreamDestroy _ -> message.setStreamDestroy(StreamDestroy.getDefaultInstance());
            case VideoCommand.StreamDrain _ -> message.setStreamDrain(StreamDrain.getDefaultInstance());
            case VideoCommand.ResourceCreate create -> message.setResourceCreate(resourceCreate(create));
            case VideoCommand.ResourceQueue queue ->
                message.setResourceQueue(ResourceQueue.newBuilder()
                        .setQueueTypeValue(queue.queueType().number())
                        .setResourceId(queue.resourceId())
                        .setTimestamp(queue.timestamp())
                        .addAllDataSizes(queue.dataSizes()));
            case VideoCommand.ResourceDestroyAll(int _, QueueType queue) ->
                message.setResourceDestroyAll(ResourceDestroyAll.newBuilder().setQueueTypeValue(queue.number()));
            case VideoCommand.QueueClear(int _, QueueType queue) ->
                message.setQueueClear(QueueClear.newBuilder().setQueueTypeValue(queue.number()));
            case VideoCommand.GetParams(int _, QueueType queue) ->
                message.setGetParams(GetParams.newBuilder().setQueueTypeValue(queue.number()));
            case VideoCommand.SetParams(int _, VideoParams params) ->
                message.setSetParams(SetParams.newBuilder().setParams(VideoParameters.params(params)));
            case VideoCommand.QueryControl(int _, int control, int format) ->
                message.setQueryControl(
                        QueryControl.newBuilder().setControl(control).setFormatValue(format));
            case VideoCommand.GetControl(int _, int control) ->
                message.setGetControl(GetControl.newBuilder().setControl(control));
            case VideoCommand.SetControl(int _, int control, int value) ->
                message.setSetControl(
                        SetControl.newBuilder().setControl(control).setValue(value));
            case VideoCommand.GetParamsExt _, VideoCommand.SetParamsExt _, VideoCommand.Unsupported _ -> {}
        }
        return message.build();
    }

    private static ResourceCreate resourceCreate(VideoCommand.ResourceCreate create) {
        ResourceCreate.Builder message = ResourceCreate.newBuilder()
                .setQueueTypeValue(create.queueType().number())
                .setResourceId(create.resourceId())
                .setPlanesLayoutValue(create.planesLayout())
                .addAllPlaneOffsets(create.planeOffsets());
        create.planes().forEach(plane -> message.addPlanes(plane(plane)));
        return message.build();
    }

    /**
     * The record does not say what its entries are. Sixteen bytes whose last four are zero, as the padding of a memory
     * entry is, go out as one, others as a UUID; the other side puts the same sixteen bytes together either way.
     */
    private static PlaneMemory plane(List<ResourceEntry> entries) {
        PlaneMemory.Builder message = PlaneMemory.newBuilder();
        if (entries.stream()
                .allMatch(entry -> ResourceEntry.of(entry.asMemEntry()).equals(entry))) {
            for (ResourceEntry entry : entries) {
                message.addEntries(dev.crossdev.proto.video.v1.MemEntry.newBuilder()
                        .setAddress(entry.asMemEntry().address())
                        .setLength(entry.asMemEntry().length()));
            }
        } else {
            entries.forEach(entry -> message.addObjects(Uuids.toBareProto(entry.asUuid())));
        }
        return message.build();
    }
}
