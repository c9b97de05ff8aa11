package dev.crossdev.guest.fake;

import dev.crossdev.guest.fake.FakeStream.Answer;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.PlanesLayout;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.QueryCapability;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.SetParams;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.Err;
import dev.crossdev.virtio.video.VideoResponse.OkGetParams;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkQueryCapability;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.video.VideoResult;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One stream of a decoder that decodes nothing: it reorders timestamps. */
final class FakeDecoder {

    /** Pictures that it keeps back before it dares to give one out. */
    private static final int REORDER = 3;

    private final FakeMemory memory;
    private final Predicate<UUID> objects;
    private final List<byte[]> accessUnits;
    private final Consumer<VideoEvent> events;
    private final Map<QueueType, VideoParams> params = new EnumMap<>(QueueType.class);
    private final Map<Integer, MemEntry> inputs = new HashMap<>();
    private final Set<Integer> outputs = new HashSet<>();
    private final Deque<Answer<VideoResponse>> freeOutputs = new ArrayDeque<>();
    private final Queue<Long> pictures;
    private @Nullable Answer<VideoResponse> draining;
    private boolean announced;

    FakeDecoder(
            FakeMemory memory,
            Predicate<UUID> objects,
            List<byte[]> accessUnits,
            Consumer<VideoEvent> events,
            boolean decodeOrder) {
        this.memory = memory;
        this.objects = objects;
        this.accessUnits = accessUnits;
        this.events = events;
        this.pictures = decodeOrder ? new ArrayDeque<>() : new PriorityQueue<>(Comparator.naturalOrder());
    }

    void execute(VideoCommand command, Answer<VideoResponse> answer) {
        switch (command) {
            case QueryCapability(QueueType queue) ->
                answer.is(new OkQueryCapability(List.of(new FormatDesc(
                        1,
                        (queue == QueueType.INPUT ? VideoFormat.H264 : VideoFormat.BGRA8888).number(),
                        PlanesLayout.SINGLE_BUFFER.number(),
                        0,
                        List.of()))));
            case SetParams(int _, VideoParams wanted) -> {
                params.put(wanted.queueType(), wanted);
                answer.is(new OkNodata());
            }
            case GetParams(int _, QueueType queue) ->
                answer.is(new OkGetParams(
                        params.getOrDefault(queue, params.values().iterator().next())));
            case ResourceCreate create -> answer.is(create(create));
            case ResourceQueue queue -> queue(queue, answer);
            case StreamDrain _ -> {
                draining = answer;
                advance();
            }
            default -> answer.is(new OkNodata());
        }
    }

    private VideoResponse create(ResourceCreate create) {
        if (create.queueType() == QueueType.INPUT) {
            inputs.put(
                    create.resourceId(), create.planes().getFirst().getFirst().asMemEntry());
            return new OkNodata();
        }
        if (!objects.test(create.planes().getFirst().getFirst().asUuid())) {
            return new Err(VideoResult.ERR_INVALID_OPERATION);
        }
        outputs.add(create.resourceId());
        return new OkNodata();
    }

    private void queue(ResourceQueue queue, Answer<VideoResponse> answer) {
        if (queue.queueType() == QueueType.OUTPUT) {
            if (!outputs.contains(queue.resourceId())) {
                answer.is(new Err(VideoResult.ERR_INVALID_RESOURCE_ID));
                return;
            }
            freeOutputs.add(answer);
        } else {
            MemEntry entry = inputs.get(queue.resourceId());
            if (entry == null) {
                answer.is(new Err(VideoResult.ERR_INVALID_RESOURCE_ID));
                return;
            }
            accessUnits.add(memory.read(entry, queue.dataSizes().getFirst()));
            if (!announced) {
                announced = true;
                events.accept(new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, queue.streamId()));
            }
            pictures.add(queue.timestamp());
            answer.is(new OkResourceQueue(0, 0, 0));
        }
        advance();
    }

    private void advance() {
        VideoParams output = params.get(QueueType.OUTPUT);
        int size = output == null ? 0 : output.frameWidth() * output.frameHeight() * 4;
        while (!freeOutputs.isEmpty() && pictures.size() > (draining == null ? REORDER : 0)) {
            freeOutputs.remove().is(new OkResourceQueue(pictures.remove(), 0, size));
        }
        if (draining != null && pictures.isEmpty() && !freeOutputs.isEmpty()) {
            freeOutputs.remove().is(new OkResourceQueue(0, BufferFlags.EOS, 0));
            draining.is(new OkNodata());
            draining = null;
        }
    }
}
